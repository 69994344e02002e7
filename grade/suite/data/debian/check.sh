# check.sh FILE: run each check of FILE in this shell, bash or dash; each says what it is, then what it gives.
# A check is a line; lines that begin with "| " go on with it. Lines that begin with "#" are for the reader.
check_nl='
'
check_more=1 check_block=
exec 9<"$1" 2>&1
while [ "$check_more" ]; do
	IFS= read -r check_line <&9 || check_more='' check_line=''
	case $check_line in
	'| '*)	check_block=$check_block$check_nl${check_line#??}
		continue ;;
	esac
	if [ -n "$check_block" ]; then
		printf '# %s\n' "${check_block%%"$check_nl"*}"
		eval "$check_block"
		check_status=$?
		[ $check_status -eq 0 ] || echo "= $check_status"
	fi
	case $check_line in '#'*) check_line='' ;; esac
	check_block=$check_line
done
