namespace NixRemote.Scheduling;

/// <summary>Builders that do not trust our user (wire.md §4.9): what nothing vouches for may not be sent to them, they build or fetch it themselves. So
/// an input that they lack costs its build and not its way, with the builds of what that needs and they lack too, and a builder that trusts us
/// is better unless it has no free slot or is much slower.</summary>
public sealed partial class GraphSchedule
{
    /// <summary>The pools of guests are apart from the others: the best of one says nothing of the other's cost.</summary>
    private const int GuestPools = 1 << 12;

    /// <summary>Of what a derivation needs and a guest has to make no more is added up, direct inputs first: who has to make that much is late in any case.</summary>
    private const int RemadeItems = 64;

    /// <summary>Seconds that a guest of speed 1 takes for an input that may not be sent to it; 0 for those that may. Outputs of nodes take as long as
    /// their builds.</summary>
    private readonly double[] _remakeTimes;

    /// <summary>Nodes whose outputs' content vouches for them, so that they may be sent everywhere.</summary>
    private readonly bool[] _isContentAddressed;

    /// <summary>Items whose turn to be weighed for a guest is to come, and the last weighing that each was seen by.</summary>
    private readonly Queue<int> _toRemake = new();
    private readonly int[] _weighings;
    private int _weighing;

    /// <summary>Event: a builder does not trust our user.</summary>
    public void BuilderDistrusts(int builder)
    {
        if (!_builders[builder].IsGuest)
        {
            _builders[builder].IsGuest = true;
            Place(builder);
        }
    }

    /// <summary>Seconds until a builder has what a node needs and it lacks.</summary>
    private double TimeToBring(int node, int builder) => _builders[builder].IsGuest
        ? TimeToRemake(node, builder, out _)
        : BytesToMove(node, builder) / _builders[builder].BytesPerSecond;

    // What it has needs nothing more: with a path a store has all that the path refers to, and for a build it wants the outputs of the direct inputs only.
    private double TimeToRemake(int node, int builder, out int remade)
    {
        var state = _builders[builder];
        var seconds = 0.0;
        remade = 0;
        _weighing++;
        _toRemake.Clear();
        Weigh(node);
        while (remade < RemadeItems && _toRemake.TryDequeue(out var item))
        {
            var alone = RemakeTime(item);
            if (alone > 0)
            {
                remade++;
                seconds += alone / state.Declared.Builder.SpeedFactor;
                if (item < _states.Length)
                {
                    Weigh(item);
                }
            }
            else
            {
                seconds += _bytes[item] / state.BytesPerSecond;
            }
        }

        return seconds;

        void Weigh(int needer)
        {
            foreach (var item in Weighed(needer))
            {
                if (_weighings[item] != _weighing && !IsAt(item, builder))
                {
                    _weighings[item] = _weighing;
                    _toRemake.Enqueue(item);
                }
            }
        }
    }

    private double RemakeTime(int item) => item >= _states.Length ? _remakeTimes[item - _states.Length] : _isContentAddressed[item] ? 0 : _durations[item];
}
