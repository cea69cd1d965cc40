using System.Text.Json;
using NixRemote.StoreObjects;
using NixRemote.Transport;

namespace NixRemote.Stores;

public sealed partial class WireReader
{
    // BuildResult, serve (wire.md §3.6):
    //   u64 status; string errorMsg
    //   ≥ 2.3: u64 timesBuilt; bool isNonDeterministic; u64 startTime; u64 stopTime
    //   ≥ 2.6 (< 2.8): map<string DrvOutput id, string realisation JSON>
    /// <summary>A build result of the serve protocol 2.5 to 2.7.</summary>
    /// <exception cref="ProtocolException">ProtocolViolation, LimitExceeded.</exception>
    public async ValueTask<BuildResult> ReadServeBuildResultAsync(ProtocolVersion version, CancellationToken cancellationToken)
    {
        var result = await ReadBuildStatusAsync(cancellationToken).ConfigureAwait(false);
        result = await ReadBuildTimesAsync(result, cancellationToken).ConfigureAwait(false);
        return version >= new ProtocolVersion(2, 6)
            ? result with { BuiltOutputs = await ReadBuiltOutputsAsync(cancellationToken).ConfigureAwait(false) }
            : result;
    }

    // BuildResult, worker without features (wire.md §5.2):
    //   u64 status; string errorMsg
    //   ≥ 1.29: u64 timesBuilt; bool isNonDeterministic; u64 startTime; u64 stopTime
    //   ≥ 1.37: optional<microseconds> cpuUser; optional<microseconds> cpuSystem
    //   ≥ 1.28: map<string DrvOutput id, string realisation JSON>
    /// <summary>A build result of the worker protocol 1.21 to 1.38 without features.</summary>
    /// <exception cref="ProtocolException">ProtocolViolation, LimitExceeded.</exception>
    public async ValueTask<BuildResult> ReadWorkerBuildResultAsync(ProtocolVersion version, CancellationToken cancellationToken)
    {
        var result = await ReadBuildStatusAsync(cancellationToken).ConfigureAwait(false);
        if (version >= new ProtocolVersion(1, 29))
        {
            result = await ReadBuildTimesAsync(result, cancellationToken).ConfigureAwait(false);
        }

        if (version >= new ProtocolVersion(1, 37))
        {
            var user = await ReadOptionalMicrosecondsAsync(cancellationToken).ConfigureAwait(false);
            var system = await ReadOptionalMicrosecondsAsync(cancellationToken).ConfigureAwait(false);
            result = result with { CpuUser = user, CpuSystem = system };
        }

        return version >= new ProtocolVersion(1, 28)
            ? result with { BuiltOutputs = await ReadBuiltOutputsAsync(cancellationToken).ConfigureAwait(false) }
            : result;
    }

    private async ValueTask<BuildResult> ReadBuildStatusAsync(CancellationToken cancellationToken)
    {
        // A status that only a newer Nix knows says no more than that it failed (wire.md §5.1).
        var status = await ReadUInt64Async(cancellationToken).ConfigureAwait(false);
        var text = await ReadTextAsync(WireLimits.ErrorTextBytes, "the error text", cancellationToken).ConfigureAwait(false);
        return new BuildResult
        {
            Status = status <= (ulong)BuildStatus.NoSubstituters ? (BuildStatus)status : BuildStatus.MiscFailure,
            ErrorMessage = StandardErrorLog.StripControlSequences(text).Trim(),
        };
    }

    private async ValueTask<BuildResult> ReadBuildTimesAsync(BuildResult result, CancellationToken cancellationToken) => result with
    {
        TimesBuilt = await ReadNumberAsync(int.MaxValue, "how often it was built", cancellationToken).ConfigureAwait(false),
        IsNonDeterministic = await ReadBoolAsync("'is not deterministic'", cancellationToken).ConfigureAwait(false),
        StartTime = await ReadInt64Async("the start time", cancellationToken).ConfigureAwait(false),
        StopTime = await ReadInt64Async("the stop time", cancellationToken).ConfigureAwait(false),
    };

    private async ValueTask<TimeSpan?> ReadOptionalMicrosecondsAsync(CancellationToken cancellationToken)
    {
        if (!await ReadBoolAsync("the presence of a CPU time", cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var offset = Position;
        var microseconds = await ReadInt64Async("a CPU time", cancellationToken).ConfigureAwait(false);
        var limit = TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond;
        return microseconds <= limit
            ? TimeSpan.FromTicks(microseconds * TimeSpan.TicksPerMicrosecond)
            : throw OverLimit(offset, "a CPU time", (ulong)microseconds, limit);
    }

    // Old realisations (wire.md §5.2): id "sha256:<hex>!<output>", JSON {"id":…,"outPath":"<base name>",…}. Only the
    // output's name and outPath mean something: newer Nix fills the hash with zeros.
    private async ValueTask<IReadOnlyDictionary<string, StorePath>> ReadBuiltOutputsAsync(CancellationToken cancellationToken)
    {
        var count = await ReadNumberAsync(WireLimits.BuiltOutputs, "the number of built outputs", cancellationToken).ConfigureAwait(false);
        var outputs = new SortedDictionary<string, StorePath>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var offset = Position;
            var id = await ReadTextAsync(WireLimits.RealisationBytes, "the id of a built output", cancellationToken).ConfigureAwait(false);
            var json = await ReadTextAsync(WireLimits.RealisationBytes, "a realisation", cancellationToken).ConfigureAwait(false);
            var mark = id.LastIndexOf('!');
            if (mark < 0 || mark == id.Length - 1 || OutPathOf(json) is not { } path)
            {
                throw Violation(offset, "a built output must have an id HASH!OUTPUT and a realisation with an outPath");
            }

            outputs[id[(mark + 1)..]] = path;
        }

        return outputs;
    }

    private static StorePath? OutPathOf(string json)
    {
        try
        {
            using var realisation = JsonDocument.Parse(json);
            return realisation.RootElement.ValueKind == JsonValueKind.Object
                && realisation.RootElement.TryGetProperty("outPath", out var outPath)
                && outPath.ValueKind == JsonValueKind.String
                && StorePath.TryParse($"{StorePath.DefaultStoreDirectory}/{outPath.GetString()}", out var path)
                    ? path
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
