using NixRemote.Builders;
using NixRemote.Scheduling;
using NixRemote.Stores;

namespace NixRemote.Tests.Scheduling;

/// <summary>Short forms of builders and nodes for tables.</summary>
internal static class SchedulingFixture
{
    public const string System = "x86_64-linux";

    public static NixBuilder Builder(string name, int jobs = 1, double speed = 1) => new(StoreUri.Parse("ssh://" + name))
    {
        Name = name,
        Systems = [System],
        MaxJobs = jobs,
        SpeedFactor = speed,
    };

    public static ScheduleNode Node(params int[] dependencies) => new(System, [], dependencies);

    /// <summary>A node that takes some seconds at speed 1.</summary>
    public static ScheduleNode Long(double seconds, params int[] dependencies) =>
        Node(dependencies) with { ExpectedDuration = TimeSpan.FromSeconds(seconds) };

    public static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    public static NixRemoteException Error(string message = "it failed") => new(NixErrors.ConnectionLost, message);

    public static GraphSchedule Schedule(IReadOnlyList<ScheduleNode> nodes, params NixBuilder[] builders) =>
        Schedule(nodes, new ScheduleOptions(), builders);

    public static GraphSchedule Schedule(IReadOnlyList<ScheduleNode> nodes, ScheduleOptions options, params NixBuilder[] builders) =>
        Schedule(nodes, options, [], [.. builders.Select(b => new ScheduleBuilder(b))]);

    public static GraphSchedule Schedule(
        IReadOnlyList<ScheduleNode> nodes, ScheduleOptions options, ScheduleInput[] inputs, params ScheduleBuilder[] builders)
    {
        var schedule = new GraphSchedule(nodes, builders, options, inputs);
        for (var b = 0; b < builders.Length; b++)
        {
            schedule.BuilderReady(b, TimeSpan.Zero);
        }

        return schedule;
    }

    /// <summary>All commands that the schedule gives now: <c>node@builder</c>, <c>probe builder</c>, <c>give up node</c>.</summary>
    public static string Drain(GraphSchedule schedule, double seconds = 0)
    {
        var commands = new List<string>();
        while (schedule.TryNext(At(seconds), out var command))
        {
            commands.Add(command.Kind switch
            {
                ScheduleCommandKind.Start => $"{command.Node}@{command.Builder}",
                ScheduleCommandKind.Probe => $"probe {command.Builder}",
                _ => $"give up {command.Node}",
            });
        }

        return string.Join(' ', commands);
    }
}
