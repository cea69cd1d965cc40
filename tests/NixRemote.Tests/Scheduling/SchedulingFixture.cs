using NixRemote.Builders;
using NixRemote.Scheduling;
using NixRemote.Stores;

namespace NixRemote.Tests.Scheduling;

/// <summary>Short forms of builders and nodes for tables.</summary>
internal static class SchedulingFixture
{
    public const string System = "x86_64-linux";

    public static NixBuilder Builder(string name, int jobs = 1, double speed = 1) => new()
    {
        Name = name,
        Uri = StoreUri.Parse("ssh://" + name),
        Systems = [System],
        MaxJobs = jobs,
        SpeedFactor = speed,
    };

    public static ScheduleNode Node(params int[] dependencies) => new(System, [], dependencies);

    public static GraphSchedule Schedule(IReadOnlyList<ScheduleNode> nodes, params NixBuilder[] builders)
    {
        var schedule = new GraphSchedule(nodes, builders);
        for (var b = 0; b < builders.Length; b++)
        {
            schedule.BuilderReady(b);
        }

        return schedule;
    }

    /// <summary>All commands that the schedule gives now, as <c>node@builder</c>.</summary>
    public static string Drain(GraphSchedule schedule)
    {
        var commands = new List<string>();
        while (schedule.TryNext(out var assignment))
        {
            commands.Add($"{assignment.Node}@{assignment.Builder}");
        }

        return string.Join(' ', commands);
    }
}
