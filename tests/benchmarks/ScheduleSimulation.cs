using System.Diagnostics;
using System.Globalization;
using NixRemote.Scheduling;
using NixRemote.Tests.Scheduling.Simulation;

namespace NixRemote.Benchmarks;

/// <summary>The schedule of 100,000 derivations on 1,000 builders, one in a hundred of which dies, in simulated time: how good it is against
/// the lower bound and against stock Nix's rule, and how fast it is. Needs no test bed, and is not in the JSON file.</summary>
internal static class ScheduleSimulation
{
    private const int Seed = 1;
    private const int Seeds = 5;
    private const int Repeats = 3;
    private const int WantedDecisionsPerSecond = 100_000;
    private const double WantedRatio = 1.15;
    private const long WantedMemory = 1L << 30;

    /// <summary>Prints the tables.</summary>
    /// <returns>Whether what is asked of the schedule holds.</returns>
    public static bool Run()
    {
        // What is compiled on the way must not be measured.
        SimulatedRun.Run(SimulatedWorld.Create(5_000, 50, Seed), SelectionPolicy.Balanced);

        Line($"Time per decision, best of {Repeats} runs of one simulation; the construction of the schedule is apart");
        Line($"{"derivations",12}{"builders",10}{"decisions",11}{"µs each",9}{"a second",11}{"construction",14}");
        var world = default(SimulatedWorld)!;
        var rate = 0.0;
        foreach (var (nodes, builders) in new[] { (1_000, 10), (10_000, 100), (100_000, 1_000) })
        {
            world = SimulatedWorld.Create(nodes, builders, Seed);
            var runs = Enumerable.Range(0, Repeats).Select(_ => SimulatedRun.Run(world, SelectionPolicy.Balanced)).ToList();
            var best = runs.MinBy(r => r.DecisionTime)!;
            rate = best.Decisions / best.DecisionTime.TotalSeconds;
            Line($"{nodes,12:N0}{builders,10:N0}{best.Decisions,11:N0}{1_000_000 / rate,9:0.00}{rate,11:N0}{runs.Min(r => r.ConstructionTime.TotalSeconds),12:0.00} s");
        }

        using var process = Process.GetCurrentProcess();
        var memory = process.PeakWorkingSet64;
        Line("");
        Line($"Makespan ÷ lower bound of {Seeds} worlds each; the fewer builders, the more it matters which one dies and how many are fast");
        Line($"{"derivations",12}{"builders",10}{"mean",9}{"worst",9}{"Nix's rule, mean",20}");
        var worst = 0.0;
        foreach (var (nodes, builders) in new[] { (1_000, 10), (10_000, 100), (100_000, 1_000) })
        {
            var worlds = Enumerable.Range(Seed, Seeds).Select(seed => SimulatedWorld.Create(nodes, builders, seed)).ToList();
            var ratios = worlds.Select(w => SimulatedRun.Run(w, SelectionPolicy.Balanced).Ratio).ToList();
            worst = ratios.Max();
            Line($"{nodes,12:N0}{builders,10:N0}{ratios.Average(),9:0.000}{worst,9:0.000}{worlds.Average(w => SimulatedRun.Run(w, SelectionPolicy.Nix).Ratio),20:0.000}");
        }

        Line("");
        Line($"Lower bound: critical path {world.LowerBound.CriticalPath:N0} s, work ÷ speed {world.LowerBound.Work:N0} s");
        Line($"{"rule",-34}{"makespan",11}{"÷ bound",9}{"moved",11}{"idle slots",12}{"lost",6}{"rebuilt",9}");
        Row("Balanced", world, SelectionPolicy.Balanced, outputsComeHome: false);
        Row("Nix, outputs stay on builders", world, SelectionPolicy.Nix, outputsComeHome: false);
        Row("Nix, all outputs come home", world, SelectionPolicy.Nix, outputsComeHome: true);
        Row("Nix up to 2.19, outputs come home", world, SelectionPolicy.NixLegacy, outputsComeHome: true);
        Line("");
        return Check($"{rate:N0} decisions a second", $"{WantedDecisionsPerSecond:N0} or more", rate >= WantedDecisionsPerSecond)
            & Check($"{memory / 1048576.0:N0} MiB of memory at most, the simulated world included", $"{WantedMemory / 1048576:N0} MiB or less", memory <= WantedMemory)
            & Check($"makespan {worst:0.000} of the lower bound, the worst of {Seeds} worlds", $"{WantedRatio} or less", worst <= WantedRatio);
    }

    private static void Row(string rule, SimulatedWorld world, SelectionPolicy policy, bool outputsComeHome)
    {
        var result = SimulatedRun.Run(world, policy, outputsComeHome);
        Line($"{rule,-34}{result.Makespan,9:N0} s{result.Ratio,9:0.000}{result.BytesMoved / 1e9,8:N0} GB{result.IdleSlotSeconds / 3600,10:N0} h{result.Lost,6}{result.Rebuilds,9}");
    }

    private static bool Check(string found, string wanted, bool holds)
    {
        Line($"{(holds ? "holds" : "FAILS"),-7}{found} (wanted: {wanted})");
        return holds;
    }

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static void Line(string text) => Console.WriteLine(text);
}
