# Changes a Request Tracker by steps given as words; the clock is whatever the process believes (faketime).
#   account:NAME:ZONE:QUEUE,QUEUE  prints a token    queue:NAME    field:NAME
#   create:QUEUE:REQUESTOR[:VALUE OF THE FIELD]    bulk:QUEUE:COUNT    status:TICKET:STATUS    merge:TICKET:INTO
#   move:TICKET:QUEUE
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT;

RT::LoadConfig();
RT::Init();

my $field = RT::CustomField->new( RT->SystemUser );
$field->LoadByCols( Name => 'Way in' );

sub sure { my ( $ok, $message ) = @_; die "$message\n" unless $ok; return $ok }
sub ticket { my $one = RT::Ticket->new( RT->SystemUser ); sure( $one->Load(shift), 'no such ticket' ); return $one }

my %steps = (
    account => sub {
        my ( $name, $zone, $queues ) = @_;
        my $user = RT::User->new( RT->SystemUser );
        sure( $user->Create( Name => $name, Privileged => 1, Timezone => $zone ) );
        for my $queue_name ( split /,/, $queues ) {
            my $queue = RT::Queue->new( RT->SystemUser );
            sure( $queue->Load($queue_name), "no queue $queue_name" );
            for my $right (qw(SeeQueue ShowTicket SeeCustomField)) {
                sure( $user->PrincipalObj->GrantRight( Right => $right, Object => $queue ) );
            }
        }
        my ( $ok, $message, $token ) = RT::AuthToken->new( RT->SystemUser )
            ->Create( Owner => $user->id, Description => 'test' );
        sure( $ok, $message );
        print "$token\n";
    },
    queue => sub { sure( RT::Queue->new( RT->SystemUser )->Create( Name => shift ) ) },
    field => sub {
        my %made = ( Type => 'FreeformSingle', LookupType => 'RT::Queue-RT::Ticket', Queue => 0 );
        sure( $field->Create( Name => shift, %made ) );
    },
    create => sub {
        my ( $queue, $requestor, $value ) = @_;
        my %more = defined $value ? ( 'CustomField-' . $field->id => $value ) : ();
        my ( $id, undef, $message ) = RT::Ticket->new( RT->SystemUser )
            ->Create( Queue => $queue, Subject => 'x', Requestor => [$requestor], %more );
        sure( $id, $message );
    },
    bulk => sub {
        my ( $queue, $count ) = @_;
        for ( 1 .. $count ) {
            my ( $id, undef, $message ) = RT::Ticket->new( RT->SystemUser )
                ->Create( Queue => $queue, Subject => 'x', _RecordTransaction => 0 );
            sure( $id, $message );
        }
    },
    status => sub { my ( $id, $status ) = @_; sure( ticket($id)->SetStatus($status) ) },
    move   => sub { my ( $id, $queue ) = @_; sure( ticket($id)->SetQueue($queue) ) },
    merge  => sub { my ( $id, $into ) = @_; sure( ticket($id)->MergeInto($into) ) },
);

for my $step (@ARGV) {
    my ( $name, @words ) = split /:/, $step;
    $steps{$name}->(@words);
}
