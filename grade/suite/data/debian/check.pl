# check.pl FILE: run each check of FILE (see check.sh).
$| = 1;
open(CHECKS, "<", $ARGV[0]) or die;
sub check {
	my ($block) = @_;
	my ($first) = split /\n/, $block;
	print "# $first\n";
	eval "no strict; $block; 1" or print "! $@";
}
$block = "";
while (defined($line = <CHECKS>)) {
	chomp $line;
	if ($line =~ s/^\| //) { $block .= "\n$line"; next }
	check($block) if $block ne "";
	$block = $line =~ /^#/ ? "" : $line;
}
check($block) if $block ne "";
