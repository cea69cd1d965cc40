using NixRemote.Scheduling;

namespace NixRemote.Builds;

/// <summary>What the history expects of a build.</summary>
/// <param name="Time">How long it takes at speed factor 1.</param>
/// <param name="OutputBytes">Bytes of its outputs' archives; null: not known.</param>
public readonly record struct ExpectedBuild(TimeSpan Time, long? OutputBytes)
{
    /// <summary>How long the build of a derivation takes at speed factor 1, by its name; of one that the history does not know, as long as is assumed.</summary>
    internal static TimeSpan TimeOf(string name, IReadOnlyDictionary<string, ExpectedBuild> expected) =>
        expected.TryGetValue(name, out var known) ? known.Time : ScheduleOptions.UnknownDuration;
}
