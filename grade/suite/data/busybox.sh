# Debian's busybox on a kernel: the same lines must come out on Linux and on Sextant.
# Run as root with /proc, /sys, /dev and /tmp mounted.  Nothing here prints a time, a pid or a size
# that may differ from machine to machine.
cd /tmp; umask 022; mkdir w; cd w
t() { echo "== $*"; }
t echo; echo hello world; printf '%s-%d-%05x\n' abc 42 255
t ls; mkdir -p a/b/c; echo one >a/1; echo two >a/b/2; ln -s ../1 a/b/link; ln a/1 a/hard
ls -l a | awk '{print $1,$2,$3,$4,$NF}'; ls -la a/b | awk '{print $1,$3,$4,$NF}' | grep -v '\.\.\?$'; ls -R a; ls -id a >/dev/null && echo ok
ls nothere; echo "status $?"
t find; find a | sort; find a -type f -name '[0-9]' | sort; find a -type l; touch -d '2020-01-01 00:00' a/1; find a -newer a/1 -type d | wc -l | tr -d ' '; find . -name 2 -exec cat {} \;
t cat head tail; seq 1 100 >n; head -n 3 n; tail -n 2 n; head -c 5 n; echo; tail -c 4 n; cat n n | wc -l; sed -n '10,12p' n
t sort uniq; printf 'b\na\nc\na\n' | sort; printf 'b\na\nc\na\n' | sort -u; printf '10\n9\n1\n' | sort -n; printf '3 x\n1 y\n2 z\n' | sort -k2 -r; printf 'a\na\nb\n' | uniq -c
t grep; grep -c 1 n; grep -n '^9' n | head -n 3; echo 'foo.bar' | grep -o '[a-z]*$'; grep -q zzz n; echo $?; grep -rl two a; echo ABC | grep -i b; seq 30 | grep -vE '[1-9]' ; seq 5 | grep -E '2|4'
t sed; echo hello | sed 's/l\(.\)/[\1]/'; seq 5 | sed -e '2d' -e '4s/4/four/'; printf 'x=1\ny=2\n' | sed 's/\(.\)=\(.\)/\2=\1/'; sed -i 's/^50$/fifty/' n; grep fifty n
t awk; awk 'BEGIN{for(i=1;i<=3;i++) s+=i*i; print s}'; seq 10 | awk '{a[$1%3]+=$1} END{for(k=0;k<3;k++) print k,a[k]}'; echo 'a:b:c' | awk -F: '{print $3,NF}'; awk 'BEGIN{printf "%5.2f|%-5s|%x\n",3.14159,"ab",255}'
t cut tr paste; echo a,b,c | cut -d, -f2; echo hello | tr a-y b-z; echo aabbcc | tr -s a-c; printf '1\n2\n' >x; printf '3\n4\n' >y; paste x y; echo abcdef | cut -c2-4; echo hello | rev
t wc; wc n; wc -c <n; echo -n | wc -l
t cp mv rm; cp -r a d; diff -r a d && echo same; mv d e; ls e; rm -r e; ls e; cp n n2; cmp n n2 && echo equal; echo z >>n2; cmp n n2; diff n n2; cp -a a/b/link lnk; readlink lnk
t touch stat; touch -d '2024-01-02 03:04:05' f; stat -c '%n %s %a %F %Y' f; date -u -r f '+%F %T'; chmod 4751 f; stat -c %a f; chmod u-s,g+w f; ls -l f | cut -c1-10; chown 12:34 f; stat -c '%u %g' f
t test expr; test -f n && echo f; test -d a -a ! -e q && echo d; [ 3 -lt 10 ] && echo lt; [ abc = abc ] && echo eq; expr 6 \* 7; expr length hello; expr abcdef : 'ab\(.*\)f'; expr 1 \> 2
t dd od; dd if=/dev/zero of=z bs=1k count=16 2>/dev/null; wc -c z; printf 'AB\001\377' | od -An -tx1; dd if=n bs=1 skip=2 count=3 2>/dev/null; echo abc | od -c; echo hi | hexdump -C; printf '\0\1' | xxd
dd if=/dev/zero of=sparse bs=1 count=1 seek=1048575 2>/dev/null; stat -c %s sparse; du -k sparse | awk '{print ($1<=1024)}'; truncate -s 10 sparse; stat -c %s sparse
t tar gzip; tar cf a.tar a; tar tf a.tar | sort; mkdir x1; tar xf a.tar -C x1; diff -r a x1/a && echo same; gzip -c n >n.gz; gunzip -c n.gz | cmp - n && echo gz; tar czf a.tgz a; tar tzf a.tgz | wc -l; echo text | bzip2 -c | bunzip2 -c; gzip -t n.gz && echo ok; echo x | xz -c 2>/dev/null | unxz -c 2>/dev/null
t md5sum; echo hello | md5sum; sha256sum n | cut -c1-16; cksum n | cut -d' ' -f2; echo hello | base64; echo aGVsbG8K | base64 -d; echo | sha1sum; crc32 n
t xargs; seq 6 | xargs -n 2 echo; printf 'a b\0c\0' | xargs -0 -n 1 echo; seq 3 | xargs -I{} echo '<{}>'
t pipes; seq 1000 | sort -rn | head -n 100 | sort -n | tail -n 1; yes | head -n 5 | wc -l; (echo a; echo b >&2) 2>&1 | sort; { echo 1; echo 2; } | while read x; do echo "r$x"; done
t tee; echo tee | tee t1 t2; cat t1 t2; echo more | tee -a t1 >/dev/null; wc -l <t1
t functions; f() { local v=$1; echo "f:$v:$#"; return 5; }; f x y; echo $?; g() { [ $1 -le 1 ] && echo 1 && return; echo $(( $1 * $(g $(( $1 - 1 ))) )); }; g 6
t here; cat <<A; cat <<'B'; cat <<-C
expanded $((1+1)) $(echo sub)
A
literal $((1+1))
B
	tabs gone
	C
t case for until; case foo.c in *.h) echo h;; *.c) echo c;; esac; for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done; i=0; until [ $i -ge 3 ]; do i=$((i+1)); done; echo $i; while :; do break; done
t expansion; v=hello.tar.gz; echo ${v%.*} ${v%%.*} ${v#*.} ${v##*.} ${#v} ${nope:-def} ${v:+set}; echo "$@" $#; set -- a 'b c'; echo $# "$2"; IFS=:; set -- a:b:c; echo $#; x=a:b; echo $x; unset IFS; echo a/*/; echo [a]; echo ~root >/dev/null && echo tilde; echo ${v/tar/zip}
t jobs; sleep 0.2 & p=$!; wait $p; echo "waited $?"; sleep 10 & kill $!; wait $! 2>/dev/null; echo "killed $?"; (sleep 0.1; echo bg) & wait; sh -c 'exit 9' & wait $!; echo $?; sleep 5 & kill -0 $! && echo there; kill -9 $!; wait $! 2>/dev/null; echo $?
t trap; sh -c 'trap "echo caught" USR1; kill -USR1 $$; echo after'; sh -c 'trap "echo bye" EXIT; exit 3'; echo $?; sh -c 'trap "" TERM; kill $$; echo survived'; sh -c 'kill -TERM $$'; echo $?; sh -c 'kill -SEGV $$'; echo $?; sh -c 'trap "echo int; exit 1" INT; kill -INT $$; sleep 1'; echo $?
t timeout; timeout 0.2 sleep 5; echo $?; timeout 5 echo quick; timeout -s KILL 0.2 sleep 5; echo $?
t ulimit; ulimit -n 20; ulimit -n; ulimit -s; ulimit -c; sh -c 'ulimit -f 1; dd if=/dev/zero of=big bs=1k count=10 2>/dev/null; echo $?'; ls -l big | awk '{print $5}'
t mkfifo; mkfifo p; (echo through >p) & cat p; wait; stat -c %F p; [ -p p ] && echo pipe; mknod nul c 1 3; echo x >nul; stat -c '%t %T %F' nul
t mount; mkdir m; mount -t tmpfs -o size=64k none m; echo inside >m/f; cat m/f; dd if=/dev/zero of=m/full bs=1k count=100 2>/dev/null; echo "dd $?"; stat -c %s m/full | awk '{print ($1<=65536)}'; df -k m | awk 'NR==2{print $2}'; grep -c ' /tmp/w/m tmpfs ' /proc/mounts; (cd m; umount /tmp/w/m 2>/dev/null; echo busy $?); umount m; ls m; mountpoint -q /proc && echo mp; mount -t nosuch none m; echo $?
t ps; ps | awk 'NR==1{print $1} $1==1{print "pid one"}'; ps -o pid,comm | awk '$1==1{print $2}'; pidof nosuchprogram; echo $?; sleep 3 & sleep 0.2; ps | grep -c '[s]leep 3'; cat /proc/$!/comm; tr '\0' ' ' </proc/$!/cmdline; echo; readlink /proc/$!/cwd; awk '/^State/{print $2}' /proc/$!/status; ls /proc/$!/fd | wc -l; kill $!; wait 2>/dev/null
t proc; head -n 1 /proc/meminfo | cut -d: -f1; cut -d' ' -f1 /proc/version; grep -c . /proc/self/maps | awk '{print ($1>3)}'; cat /proc/self/comm; readlink /proc/self/exe; ls -l /proc/self/fd/0 | awk '{print $NF}'; grep -q ^processor /proc/cpuinfo && echo cpus; free | awk 'NR==1{print $1}'; uptime | grep -c load; cat /proc/sys/kernel/ostype; grep -w tmpfs /proc/filesystems
t ids; id; id -u; whoami; su -s /bin/sh 2>/dev/null </dev/null; hostname >/dev/null && echo host; uname -s; uname -m; groups; [ $(nproc) -ge 1 ] && echo nproc; env -i A=1 env; env | grep -c PATH; sh -c 'echo $PPID' | grep -c '[0-9]'; nice -n 5 nice; nice
t date; date -u -d @0 '+%F %T'; date -u -d '2020-02-29 12:00' +%s; cal 2 2024 | tail -n +2 | head -n 3
t misc; basename /a/b.c .c; dirname /a/b/c; seq -s, 5; factor 360; sleep 0.05; true; echo $?; false; echo $?; which sh; realpath a/../n; mktemp -u XXXXXX | wc -c; echo 'a  b' | awk '{print $2}'; printf 'a\tb\n' | expand; seq 3 | tac; shuf -i 1-5 | sort -n | tr -d '\n'; echo; nl x; fold -w 3 <<F
abcdefgh
F
split -l 40 n part; ls part*; comm x y; strings /bin/busybox | grep -m1 -c BusyBox; bc <<F
2^20
F
echo '2 3 + p' | dc; printf 'k1 a\nk2 b\n' >j1; printf 'k1 c\nk2 d\n' >j2; join j1 j2 2>/dev/null; yes | tr -d '\n' | head -c 10; echo; usleep 1000; cmp -s x y; echo $?; time -f ok true 2>&1; install -m 600 x inst; stat -c %a inst; logname 2>/dev/null; tty; stty 2>/dev/null; echo "tty $?"; getopt ab: -a -b c; ln -sf n sl; cat sl | head -n 1; unlink sl; ls sl 2>&1; rmdir m; rmdir a; echo $?; link n nl2; sync; fsync n; patch -p0 <<P
--- x
+++ x
@@ -1,2 +1,2 @@
 1
-2
+two
P
cat x; cpio -o -H newc <<L 2>/dev/null | cpio -t 2>/dev/null
x
y
L
vi -c ':s/two/deux/' -c ':wq' x </dev/null >/dev/null 2>&1; setsid echo session; nohup echo nohup 2>/dev/null; chroot / echo rooted; flock x echo locked; watch -t -n 1 true >/dev/null 2>&1 & kill $!; wait $! 2>/dev/null; renice 3 $$ >/dev/null; nice; mesg; taskset 1 echo pinned; ionice echo io; chrt -o 0 echo sched
exit 0
