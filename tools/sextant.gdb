# sextant.gdb: what `make gdb` knows about the kernel.  `help user-defined` lists the commands.
# They only read memory: no function of the kernel is called, so they work anywhere it stops.

set pagination off

define harts
	set $i = 0
	while $i < ncpus
		set $t = rq_of_cpu[$i]->curr
		printf "cpu %d  task %-6d %s\n", $i, $t->pid, $t->comm
		set $i = $i + 1
	end
end
document harts
What each hart runs.
end

define current
	print *(struct task *)$tp
end
document current
The task of the selected hart (in the kernel, tp points to it).
end

define tasks
	set $page = 0
	while $page < sizeof(pid_table) / sizeof(pid_table[0])
		if pid_table[$page]
			set $slot = 0
			while $slot < 4096 / sizeof(void *)
				set $t = pid_table[$page][$slot]
				if $t
					printf "task %-6d process %-6d state %-2d cpu %d  %s\n", $t->pid, $t->proc->pid, $t->state, $t->cpu, $t->comm
				end
				set $slot = $slot + 1
			end
		end
		set $page = $page + 1
	end
end
document tasks
Every task: its number, its process, its state (0 runs or is ready, 1 and 2 sleep, 4 stopped, 8 zombie), its hart.
end

source tools/sextant_gdb.py
