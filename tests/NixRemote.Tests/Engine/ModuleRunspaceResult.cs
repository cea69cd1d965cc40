using System.Management.Automation;

namespace NixRemote.Tests.Engine;

/// <summary>What a script wrote to each stream.</summary>
public sealed record ModuleRunspaceResult
{
    /// <summary>Its objects.</summary>
    public required IReadOnlyList<PSObject> Output { get; init; }

    /// <summary>Its non-terminating errors.</summary>
    public required IReadOnlyList<ErrorRecord> Errors { get; init; }

    /// <summary>The error that ended it; null if none did.</summary>
    public required ErrorRecord? TerminatingError { get; init; }

    /// <summary>Whether it was stopped.</summary>
    public required bool Stopped { get; init; }

    /// <summary>Its warnings.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Its verbose messages, if <c>-Verbose</c> or the preference lets them through.</summary>
    public required IReadOnlyList<string> Verbose { get; init; }

    /// <summary>Its debug messages, if the preference lets them through.</summary>
    public required IReadOnlyList<string> Debug { get; init; }

    /// <summary>Its information records.</summary>
    public required IReadOnlyList<InformationRecord> Information { get; init; }

    /// <summary>Its progress records.</summary>
    public required IReadOnlyList<ProgressRecord> Progress { get; init; }

    /// <summary>What it, and the scripts before it, wrote to the host itself, such as the lines of -WhatIf.</summary>
    public required string Screen { get; init; }

    /// <summary>Its objects without PowerShell's wrapper.</summary>
    public IEnumerable<T> OutputOf<T>() => Output.Select(o => Assert.IsType<T>(o.BaseObject, exactMatch: false));

    /// <summary>This result, if there was no error at all.</summary>
    public ModuleRunspaceResult Succeeded()
    {
        Assert.Null(TerminatingError?.ToString());
        Assert.Empty(Errors.Select(e => e.ToString()));
        Assert.False(Stopped);
        return this;
    }
}
