# sextant.gdb: what `make gdb` knows about the kernel.  `help user-defined` lists the commands.

define tasks
	set $i = 0
	while $i < ncpus
		set $t = cpu_rq($i)->curr
		printf "cpu %d  pid %d  %s\n", $i, $t->pid, $t->comm
		set $i = $i + 1
	end
end
document tasks
What each hart runs.
end

define current
	p *(struct task *)$tp
end
document current
The task of the selected hart (in the kernel, tp points to it).
end
