# Events of traces for tests, as their JSON.

package TraceEvents;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';

our @EXPORT_OK = qw(batch call event read_of uuid write_of);

# A UUID of a number; those of events and traces differ.
sub uuid
{
	my ($number, $kind) = @_;

	return sprintf '00000000-0000-4000-%04x-%012x', 0x8000 + ord($kind // 'e'), $number;
}

# number: of the event; trace: number of its trace; parent: number of another
# event; at: seconds; the others as in the JSON, kind as text.
sub event
{
	my ($number, %given) = @_;
	my $at = $given{at} // $number;

	return sprintf '{"id": "%s", "trace_id": "%s", "parent_id": %s, "timestamp": "%s", "kind": %s, '
	  . '"metadata": {"thread_id": "%s", "process_id": 1, "service_name": "%s", "environment": "test", "tags": {}, "duration_ns": %s}, '
	  . '"causality_vector": %s, "lock_set": %s}',
	  uuid($number), uuid($given{trace} // 1, 't'), defined $given{parent} ? '"' . uuid($given{parent}) . '"' : 'null',
	  sprintf('2025-01-01T%02d:%02d:%02d.%09dZ', $at / 3600 % 24, $at / 60 % 60, $at % 60, ($at - int $at) * 1e9),
	  $given{kind} // call(), $given{thread} // 'main', $given{service} // 's', $given{duration} // 'null', $given{clock} // '{}', $given{locks} // '[]';
}

sub batch { return '[' . join(', ', @_) . ']' }

sub call { return '{"FunctionCall": {"function_name": "f", "module": "m", "args": {}, "file": "m.c", "line": 1}}' }

sub access_to
{
	my ($variable, $type) = @_;

	return qq({"StateChange": {"variable": "$variable", "old_value": 1, "new_value": 2, "location": "a.c:1", "access_type": "$type"}});
}

sub read_of { return access_to($_[0], 'Read') }

sub write_of { return access_to($_[0], 'Write') }

1;
