#!/usr/bin/perl
# forge.pl FROM TO PORT TEXT [COUNT]: sends COUNT UDP datagrams with the IPv6 source address FROM, whoever has that address.
# With a COUNT above one the sources are FROM and those that follow it. The port they come from is 4000.
use strict;
use warnings;
use Socket qw(inet_pton pack_sockaddr_in6 AF_INET6 SOCK_RAW);

my ( $from, $to, $port, $text, $count ) = @ARGV;
my ( $IPPROTO_RAW, $UDP ) = ( 255, 17 );
my $source = inet_pton( AF_INET6, $from ) or die "forge.pl: $from is no IPv6 address\n";
my $target = inet_pton( AF_INET6, $to )   or die "forge.pl: $to is no IPv6 address\n";
# A raw socket of this protocol sends the IPv6 header that it is given (RFC 3542 §3).
socket( my $socket, AF_INET6, SOCK_RAW, $IPPROTO_RAW ) or die "forge.pl: socket: $!\n";
my $peer = pack_sockaddr_in6( 0, $target );

sub checksum {
    my $sum = 0;
    $sum += $_ for unpack 'n*', $_[0] . "\0" x ( length( $_[0] ) % 2 );
    $sum = ( $sum & 0xffff ) + ( $sum >> 16 ) while $sum >> 16;
    return ( ~$sum & 0xffff ) || 0xffff;
}

my ( $head, $last ) = ( substr( $source, 0, 12 ), unpack 'N', substr $source, 12 );
my $length = 8 + length $text;
for my $i ( 0 .. ( $count // 1 ) - 1 ) {
    my $address = $head . pack 'N', $last + $i;
    my $pseudo  = $address . $target . pack 'NN', $length, $UDP;
    my $sum     = checksum( $pseudo . pack( 'nnnn', 4000, $port, $length, 0 ) . $text );
    my $packet  = pack( 'NnCC', 0x60000000, $length, $UDP, 64 ) . $address . $target . pack( 'nnnn', 4000, $port, $length, $sum ) . $text;
    defined send( $socket, $packet, 0, $peer ) or die "forge.pl: send: $!\n";
    # So that a receiver can follow.
    select undef, undef, undef, 0.002 if $i % 50 == 49;
}
