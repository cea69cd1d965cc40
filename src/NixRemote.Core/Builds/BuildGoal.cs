using NixRemote.StoreObjects;

namespace NixRemote.Builds;

/// <summary>What the user asks for: a derivation and which of its outputs.</summary>
/// <param name="DerivationPath">The .drv.</param>
/// <param name="OutputNames">The outputs wanted, ascending; null: all.</param>
public sealed record BuildGoal(StorePath DerivationPath, IReadOnlyList<string>? OutputNames)
{
    /// <summary>Reads <c>PATH.drv</c>, <c>PATH.drv^out,dev</c>, <c>PATH.drv^*</c> or the same with <c>!</c>.</summary>
    /// <exception cref="NixRemoteException">StorePathInvalid.</exception>
    public static BuildGoal Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var mark = text.IndexOfAny(['^', '!']);
        var path = StorePath.Parse(mark < 0 ? text : text[..mark]);
        if (!path.IsDerivation)
        {
            throw new NixRemoteException(NixErrors.StorePathInvalid, $"'{text}' is not a derivation: its path does not end in .drv.") { Target = text };
        }

        var outputs = mark < 0 ? "*" : text[(mark + 1)..];
        if (outputs == "*")
        {
            return new BuildGoal(path, null);
        }

        var names = outputs.Split(',');
        return names.All(n => n.Length > 0)
            ? new BuildGoal(path, [.. names.Distinct().Order(StringComparer.Ordinal)])
            : throw new NixRemoteException(NixErrors.StorePathInvalid, $"'{text}' names an empty output.") { Target = text };
    }

    /// <summary><c>PATH.drv^outputs</c>.</summary>
    public override string ToString() => $"{DerivationPath}^{(OutputNames is null ? "*" : string.Join(',', OutputNames))}";
}
