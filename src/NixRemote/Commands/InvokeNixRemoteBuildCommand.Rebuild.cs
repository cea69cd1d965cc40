using System.Management.Automation;
using NixRemote.Builds;
using NixRemote.Stores;

namespace NixRemote.Commands;

/// <summary>Building again what is there, to see whether it is the same.</summary>
public sealed partial class InvokeNixRemoteBuildCommand
{
    /// <summary>Build outputs that are valid again, and compare.</summary>
    [Parameter]
    public SwitchParameter Rebuild { get; set; }

    /// <summary>With -Rebuild: build on two builders, and compare these.</summary>
    [Parameter]
    public SwitchParameter CompareBuilders { get; set; }

    private async Task RebuildAsync(
        INixStore source, IReadOnlyList<BuilderStore> builders, BuildRunOptions options, bool planOnly, BuildProgress progress, PipelineRecords records, CancellationToken cancellationToken)
    {
        if (planOnly)
        {
            foreach (var goal in Goals)
            {
                records.WhatIf($"Build {goal} again{(CompareBuilders ? " on two builders" : "")} and compare.");
            }

            return;
        }

        var rebuild = new RebuildOptions
        {
            Build = options,
            CompareBuilders = CompareBuilders,
            CopiesFolder = Path.Combine(Path.GetTempPath(), $"nixremote-differing-{Guid.NewGuid():N}"),
        };
        await new RebuildRun(source, builders, rebuild, e => Take(e, progress, records)).RunAsync(Goals, cancellationToken).ConfigureAwait(false);
    }
}
