using System.Collections.Concurrent;
using System.Management.Automation;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Scheduling;
using NixRemote.Stores;

namespace NixRemote.Commands;

/// <summary>Who builds, and by what the choice among them goes.</summary>
public sealed partial class InvokeNixRemoteBuildCommand
{
    // Directories of slot files that the user of this process was told of: that they cannot be written is no news the next time.
    private static readonly ConcurrentDictionary<string, bool> _toldDirectories = new();

    /// <summary>How many derivations this machine itself may build at a time; 0: none. Default: nix.conf's max-jobs, and 0 where -Builder
    /// says who builds or this machine has no store.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? LocalJobs { get; set; }

    /// <summary>Ask builders how busy they are, over SSH and every 15 s, and avoid those that work for others.</summary>
    [Parameter]
    public SwitchParameter UseRemoteLoad { get; set; }

    /// <summary>The builders that -Name and -ExcludeName leave; it is an error if that is none.</summary>
    private List<NixBuilder> Chosen(IReadOnlyList<NixBuilder> known)
    {
        var names = Name is null ? null : new NamePatterns(Name);
        var excluded = new NamePatterns(ExcludeName ?? []);
        var builders = known.Where(b => names?.Match(b.Name) != false & !excluded.Match(b.Name)).ToList();
        if ((names?.NotFound ?? []).Concat(excluded.NotFound).FirstOrDefault() is { } unknown)
        {
            ThrowNixError(new NixRemoteException(NixErrors.BuilderNotFound,
                $"There is no builder with the name '{unknown}'; {(known.Count == 0 ? "there is none at all" : $"there are {string.Join(", ", known.Select(b => b.Name))}")}.") { Target = unknown });
        }

        if (builders.Count == 0 && LocalJobs is null or 0)
        {
            ThrowNixError(new NixRemoteException(NixErrors.NoBuilders, known.Count == 0
                ? "No builder is configured on this machine, and -Builder names none."
                : $"-Name and -ExcludeName leave none of the builders {string.Join(", ", known.Select(b => b.Name))}."));
        }

        return builders;
    }

    /// <summary>This machine's own store, where another one coordinates; null if there is none and nobody asked for it by -LocalJobs.</summary>
    private INixStore? OpenLocalStore(StoreFactory stores, int jobs, PipelineRecords records)
    {
        try
        {
            return OpenStore(stores, null, jobs);
        }
        catch (NixRemoteException exception) when (exception.Definition == NixErrors.LocalStoreUnavailable && LocalJobs is null)
        {
            records.Verbose($"This machine does not build: {exception.Message}");
            return null;
        }
    }

    /// <summary>This machine as one more builder, as its nix.conf describes it.</summary>
    private NixBuilder ThisMachine(int jobs, IReadOnlyList<NixBuilder> others) => new(StoreUri.Parse("auto"))
    {
        Name = others.Any(b => string.Equals(b.Name, "local", StringComparison.OrdinalIgnoreCase)) ? "this-machine" : "local",
        Systems = [.. Settings.ExtraPlatforms.Prepend(Settings.System).Distinct()],
        MaxJobs = jobs,
        SupportedFeatures = Settings.SystemFeatures,
    };

    private SlotDirectory? OpenSlots(StoreFactory stores, PipelineRecords records)
    {
        var folder = SlotFolder(stores, EvaluateOn ?? Store);
        try
        {
            return folder is null ? null : SlotDirectory.Open(folder);
        }
        catch (NixRemoteException exception)
        {
            Degraded(exception, records);
            return null;
        }
    }

    private static void Degraded(NixRemoteException exception, PipelineRecords records)
    {
        if (exception.Definition != NixErrors.SlotsNotShared || _toldDirectories.TryAdd(exception.Target ?? "", true))
        {
            records.Warning($"{ErrorRecords.Describe(exception)} {exception.RecommendedAction}");
        }
    }
}
