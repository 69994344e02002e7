# sextant.gdb: what `make gdb` knows about the kernel.  `help user-defined` lists the commands.
# They only read memory: no function of the kernel is called, so they work anywhere it stops.

set pagination off
set confirm off
# No Linux under us: a step is the machine's own, which needs no look at a page that may still be missing.
set osabi none
python
import os, sys
sys.path.insert(0, os.path.join(os.getcwd(), "tools"))
import sextant_border, sextant_gdb
end

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
	across print *$current()
end
document current
The task of the selected hart: $current() points to it, in the kernel and in a program.
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
