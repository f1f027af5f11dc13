#!/usr/bin/perl
# no-inet.pl COMMAND [ARG...]: runs COMMAND with a seccomp filter under which socket(AF_INET, ...) and
# socketpair(AF_INET, ...) fail with EAFNOSUPPORT, in every child too. A test that passes under it has used no IPv4 socket.
# Perl, because perl-base is on every Debian and Ubuntu and needs no compiler.
use strict;
use warnings;
use Config;

my %arch = (
    x86_64  => { audit => 0xC000003E, prctl => 157, socket => 41,  socketpair => 53 },
    aarch64 => { audit => 0xC00000B7, prctl => 167, socket => 198, socketpair => 199 },
);
my ($machine) = $Config{archname} =~ /(x86_64|aarch64)/;
die "no-inet.pl: no system call numbers for $Config{archname}\n" unless $machine;
my $n = $arch{$machine};

my $EAFNOSUPPORT = 97;
my ( $AF_INET, $ALLOW, $ERRNO ) = ( 2, 0x7fff0000, 0x00050000 | $EAFNOSUPPORT );
my ( $LOAD, $JEQ, $RET ) = ( 0x20, 0x15, 0x06 );    # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
my @program = (
    [ $LOAD, 0, 0, 4 ],                             # seccomp_data.arch
    [ $JEQ,  0, 6, $n->{audit} ],
    [ $LOAD, 0, 0, 0 ],                             # seccomp_data.nr
    [ $JEQ,  1, 0, $n->{socket} ],
    [ $JEQ,  0, 3, $n->{socketpair} ],
    [ $LOAD, 0, 0, 16 ],                            # seccomp_data.args[0], low word
    [ $JEQ,  0, 1, $AF_INET ],
    [ $RET,  0, 0, $ERRNO ],
    [ $RET,  0, 0, $ALLOW ],
);
my $filter = join '', map { pack 'SCCL', @$_ } @program;
my $fprog  = pack 'S x![P] P', scalar @program, $filter;

my ( $PR_SET_NO_NEW_PRIVS, $PR_SET_SECCOMP, $SECCOMP_MODE_FILTER ) = ( 38, 22, 2 );
syscall( $n->{prctl}, $PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0 ) == 0 or die "no-inet.pl: PR_SET_NO_NEW_PRIVS: $!\n";
syscall( $n->{prctl}, $PR_SET_SECCOMP, $SECCOMP_MODE_FILTER, $fprog, 0, 0 ) == 0 or die "no-inet.pl: PR_SET_SECCOMP: $!\n";
exec { $ARGV[0] } @ARGV or die "no-inet.pl: $ARGV[0]: $!\n";
