namespace NixRemote.Evaluation;

/// <summary>What is to be evaluated to derivations: a file, an expression, or installables; exactly one of them.</summary>
public sealed record EvaluationRequest
{
    /// <summary>A Nix file, or a folder with a <c>default.nix</c>.</summary>
    public string? File { get; init; }

    /// <summary>A Nix expression.</summary>
    public string? Expression { get; init; }

    /// <summary>Flake references with an attribute and perhaps outputs: <c>nixpkgs#hello</c>, <c>.#app^out,dev</c>.</summary>
    public IReadOnlyList<Installable> Installables { get; init; } = [];

    /// <summary>Attribute paths in the file or expression; empty: the value itself.</summary>
    public IReadOnlyList<string> Attributes { get; init; } = [];

    /// <summary>What the user named, for messages.</summary>
    public string Subject =>
        Installables.Count > 0 ? string.Join(", ", Installables)
        : $"{(Attributes.Count == 0 ? "" : $"{string.Join(", ", Attributes)} of ")}{(File is null ? "the expression" : $"'{File}'")}";
}
