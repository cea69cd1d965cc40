namespace NixRemote.StoreObjects;

/// <summary>A derivation as the protocols send it (wire.md §6): its inputs are store paths only.</summary>
public record BasicDerivation
{
    /// <summary>The path of the .drv; it gives the derivation its name.</summary>
    public required StorePath Path { get; init; }

    /// <summary>The outputs, ascending by name.</summary>
    public required IReadOnlyList<DerivationOutput> Outputs { get; init; }

    /// <summary>The paths that must be valid before the build, ascending.</summary>
    public required IReadOnlyList<StorePath> InputSources { get; init; }

    /// <summary>The system it is built on: <c>x86_64-linux</c>, <c>builtin</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>The program that builds it.</summary>
    public required ByteString Builder { get; init; }

    /// <summary>Its arguments.</summary>
    public required IReadOnlyList<ByteString> Arguments { get; init; }

    /// <summary>Its environment, ascending by key in byte order.</summary>
    public required IReadOnlyList<KeyValuePair<ByteString, ByteString>> Environment { get; init; }

    /// <summary>The derivation's name: the path's without <c>.drv</c>.</summary>
    public string Name => Path.Name[..^".drv".Length];

    /// <summary>The value of a variable of the environment, or null if it is not there.</summary>
    public ByteString? FindVariable(ByteString name)
    {
        foreach (var (key, value) in Environment)
        {
            if (key == name)
            {
                return value;
            }
        }

        return null;
    }
}
