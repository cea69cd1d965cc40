using System.Globalization;

namespace NixRemote.Builds;

/// <summary>How busy a machine is.</summary>
/// <param name="Load">Processes that run or want to, the mean of the last minute.</param>
/// <param name="Processors">Its processors.</param>
public sealed record RemoteLoad(double Load, int Processors)
{
    /// <summary>Below this part of its memory a machine takes no more builds.</summary>
    private const double ScarceMemory = 0.05;

    /// <summary>From this part of the last ten seconds on in which something waited for memory a machine takes no more builds.</summary>
    private const double HighPressure = 0.2;

    /// <summary>Its memory in bytes; null if it does not tell.</summary>
    public long? MemoryTotal { get; init; }

    /// <summary>Bytes of it that new programs could have; null if it does not tell.</summary>
    public long? MemoryAvailable { get; init; }

    /// <summary>The part of the last ten seconds in which something waited for a processor, 0 to 1; null if it does not tell.</summary>
    public double? ProcessorPressure { get; init; }

    /// <summary>The part of the last ten seconds in which something waited for memory, 0 to 1; null if it does not tell.</summary>
    public double? MemoryPressure { get; init; }

    /// <summary>What others than this run do there, in builds: a machine with all processors taken has as many as it has slots.</summary>
    /// <param name="slots">Its slots.</param>
    /// <param name="ownBuilds">Builds of this run there, which count themselves in the load.</param>
    public double OthersBuilds(int slots, int ownBuilds)
    {
        var others = Math.Max(0, Load - ownBuilds) * slots / Processors;
        return IsShortOfMemory ? others + slots : others;
    }

    /// <summary>Whether its memory is nearly used up.</summary>
    public bool IsShortOfMemory => MemoryPressure >= HighPressure || (MemoryTotal > 0 && MemoryAvailable < MemoryTotal * ScarceMemory);

    /// <summary>Reads what <see cref="SshLoadReader.Command"/> prints: lines of a name and numbers. Lines of other names are skipped.</summary>
    /// <returns>The load; null if the text does not tell it.</returns>
    public static RemoteLoad? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var values = new Dictionary<string, double>();
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && double.TryParse(words[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && value >= 0)
            {
                values.TryAdd(words[0], value);
            }
        }

        return !values.TryGetValue("load", out var load) || !values.TryGetValue("processors", out var processors) || processors is < 1 or > int.MaxValue ? null
            : new RemoteLoad(load, (int)processors)
            {
                MemoryTotal = Bytes("memory"),
                MemoryAvailable = Bytes("available"),
                ProcessorPressure = Part("processor-pressure"),
                MemoryPressure = Part("memory-pressure"),
            };

        long? Bytes(string name) => values.TryGetValue(name, out var bytes) && bytes < long.MaxValue ? (long)bytes : null;
        double? Part(string name) => values.TryGetValue(name, out var percent) && percent <= 100 ? percent / 100 : null;
    }
}
