using NixRemote.Builders;

namespace NixRemote.Scheduling;

/// <summary>Stock Nix's build hook as a function (scheduling.md §4): the same machines in the same state give the same answer. One object
/// is one hook process: a machine that could not be connected is not asked again by it.</summary>
/// <param name="machines">The machines in the order of the configuration.</param>
/// <param name="policy"><see cref="SelectionPolicy.Nix"/> or <see cref="SelectionPolicy.NixLegacy"/>.</param>
public sealed class StockHook(IReadOnlyList<NixBuilder> machines, SelectionPolicy policy)
{
    private readonly bool[] _disabled = new bool[machines.Count];

    /// <summary>Machines that were tried and could not be connected, in order.</summary>
    public List<NixBuilder> FailedConnections { get; } = [];

    /// <summary>Answers a question.</summary>
    /// <param name="question">The question.</param>
    /// <param name="isBusy">Whether a slot of a machine is taken.</param>
    /// <param name="connects">Whether a machine can be connected; asked only of one that is chosen.</param>
    public HookReply Try(HookQuestion question, Func<NixBuilder, int, bool> isBusy, Func<NixBuilder, bool> connects)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(isBusy);
        ArgumentNullException.ThrowIfNull(connects);
        if (machines.Count == 0)
        {
            return new HookReply(HookReplyKind.DeclinePermanently);
        }

        while (true)
        {
            var (best, slot, rightType) = Choose(question.Needs, isBusy);
            if (best < 0)
            {
                var canBuildLocally = question.IsWilling && question.CouldBuildLocally;
                return new HookReply(rightType && !canBuildLocally ? HookReplyKind.Postpone : HookReplyKind.Decline);
            }

            if (connects(machines[best]))
            {
                return new HookReply(HookReplyKind.Accept, machines[best], slot);
            }

            _disabled[best] = true;
            FailedConnections.Add(machines[best]);
        }
    }

    private (int Best, int Slot, bool RightType) Choose(BuildNeeds needs, Func<NixBuilder, int, bool> isBusy)
    {
        var (best, slot, rightType) = (-1, -1, false);
        var bestKey = default(PlacementKey);
        for (var m = 0; m < machines.Count; m++)
        {
            if (_disabled[m] || !Eligibility.Check(machines[m], needs).IsRightType)
            {
                continue;
            }

            rightType = true;
            var busy = Enumerable.Range(0, machines[m].MaxJobs).ToLookup(s => isBusy(machines[m], s));
            var key = StockRule.Key(policy, busy[true].Count(), machines[m].SpeedFactor, m);
            if (busy[false].Any() && (best < 0 || key.CompareTo(bestKey) < 0))
            {
                (best, slot, bestKey) = (m, busy[false].First(), key);
            }
        }

        return (best, slot, rightType);
    }
}
