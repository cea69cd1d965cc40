using NixRemote.Builders;
using NixRemote.Scheduling;

namespace NixRemote.Tests.Scheduling;

/// <summary>The rows of scheduling.md §9, which real Nix has answered so. Machines: <c>name systems jobs speed supported mandatory</c>, with - for
/// nothing; busy slots: <c>name:slot</c>.</summary>
public sealed class StockHookTests
{
    private const string X86 = "x86_64-linux";
    private const string RiscV = "riscv64-linux";

    [Theory]
    [InlineData("1", "a x86_64-linux 1 1; b x86_64-linux 1 1", "", "a", "a")] // the first in the list
    [InlineData("2", "a x86_64-linux 1 1; b x86_64-linux 1 2", "", "b", "b")] // the faster
    [InlineData("3", "a x86_64-linux 2 1; b x86_64-linux 4 4", "a:0 b:0 b:1", "b", "b")] // 0.5 < 1; in integers 0 < 1
    [InlineData("4", "a x86_64-linux 1 1; b x86_64-linux 4 100", "b:0", "a", "b")] // 0 < 0.01; in integers 0 = 0, then the faster
    [InlineData("5", "b x86_64-linux 4 1; a x86_64-linux 4 2", "b:0 a:0 a:1", "a", "a")] // 1 = 1, then the faster
    [InlineData("11", "a riscv64-linux 1 1", "", "a", "a", "builtin")]
    [InlineData("16", "a x86_64-linux 1 1; b x86_64-linux 1 1.9", "", "b", "a")] // up to 2.19 speeds are integers, at least 1
    public void The_machine_that_is_accepted(string row, string machines, string busy, string byFloat, string byInteger, string system = X86)
    {
        Assert.NotEmpty(row);
        foreach (var (policy, expected) in new[] { (SelectionPolicy.Nix, byFloat), (SelectionPolicy.NixLegacy, byInteger) })
        {
            var reply = Ask(new StockHook(Machines(machines), policy), busy, system);

            Assert.Equal((HookReplyKind.Accept, expected), (reply.Kind, reply.Builder?.Name));
        }
    }

    [Theory]
    [InlineData("6", "a x86_64-linux 1 1", "a:0", X86, "", false, HookReplyKind.Postpone)]
    [InlineData("7", "a x86_64-linux 1 1", "a:0", X86, "", true, HookReplyKind.Decline)]
    [InlineData("8", "a x86_64-linux,riscv64-linux 1 1", "a:0", RiscV, "", true, HookReplyKind.Postpone)]
    [InlineData("8b", "a x86_64-linux 1 1 odd", "a:0", X86, "odd", true, HookReplyKind.Postpone)]
    [InlineData("9", "a x86_64-linux 1 1", "", X86, "kvm", true, HookReplyKind.Decline)]
    [InlineData("10", "a x86_64-linux 1 1 - big", "", X86, "", true, HookReplyKind.Decline)]
    [InlineData("10", "a x86_64-linux 1 1 - big", "", X86, "big", true, HookReplyKind.Accept)]
    [InlineData("10", "a x86_64-linux 1 1 - big", "", X86, "big,kvm", true, HookReplyKind.Decline)]
    [InlineData("10", "a x86_64-linux 1 1 kvm big", "", X86, "big,kvm", true, HookReplyKind.Accept)]
    [InlineData("12", "a x86_64-linux 0 1", "", X86, "", false, HookReplyKind.Postpone)]
    [InlineData("13", "", "", X86, "", true, HookReplyKind.DeclinePermanently)]
    public void The_answer(string row, string machines, string busy, string system, string features, bool willing, HookReplyKind expected)
    {
        Assert.NotEmpty(row);
        Assert.Equal(expected, Ask(new StockHook(Machines(machines), SelectionPolicy.Nix), busy, system, features, willing).Kind);
    }

    [Fact]
    public void Row_14_machines_that_cannot_be_connected_are_tried_in_their_order_and_not_again()
    {
        var hook = new StockHook(Machines("a x86_64-linux 1 1; b x86_64-linux 1 3; c x86_64-linux 1 2"), SelectionPolicy.Nix);

        Assert.Equal(HookReplyKind.Decline, Ask(hook, "", connects: _ => false).Kind);
        Assert.Equal(["b", "c", "a"], hook.FailedConnections.Select(m => m.Name));

        Assert.Equal(HookReplyKind.Decline, Ask(hook, "", connects: _ => false).Kind);
        Assert.Equal(3, hook.FailedConnections.Count); // 14b
    }

    [Fact]
    public void Row_15_the_first_free_slot_is_taken()
    {
        var reply = Ask(new StockHook(Machines("a x86_64-linux 2 1"), SelectionPolicy.Nix), "a:1");

        Assert.Equal(("a", 0), (reply.Builder!.Name, reply.Slot));
    }

    [Fact]
    public void Loads_are_divided_in_single_precision()
    {
        // Equal in single precision, then the faster; in double precision the first would be less.
        Assert.True(3 / 1.1 < 9 / 3.3);
        var (a, b) = (StockRule.Key(SelectionPolicy.Nix, 3, 1.1, 0), StockRule.Key(SelectionPolicy.Nix, 9, 3.3, 1));

        Assert.True(b.CompareTo(a) < 0);
    }

    private static HookReply Ask(
        StockHook hook, string busy, string system = X86, string features = "", bool willing = true, Func<NixBuilder, bool>? connects = null)
    {
        var taken = busy.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        var needs = new BuildNeeds(system, features.Split(',', StringSplitOptions.RemoveEmptyEntries));
        return hook.Try(new HookQuestion(needs, willing, [X86], [], 1), (m, slot) => taken.Contains($"{m.Name}:{slot}"), connects ?? (_ => true));
    }

    private static List<NixBuilder> Machines(string text) => [.. text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line =>
    {
        var columns = line.Split(' ').Concat(["-", "-"]).ToList();
        return SchedulingFixture.Builder(columns[0], int.Parse(columns[2]), double.Parse(columns[3], System.Globalization.CultureInfo.InvariantCulture)) with
        {
            Systems = columns[1].Split(','),
            SupportedFeatures = Words(columns[4]),
            MandatoryFeatures = Words(columns[5]),
        };
    })];

    private static string[] Words(string column) => column == "-" ? [] : column.Split(',');
}
