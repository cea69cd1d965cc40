using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>What a daemon is asked to make valid: a path, or outputs of a derivation (wire.md §4.4).</summary>
public sealed record DerivedPath
{
    private static readonly ProtocolVersion _newText = new(1, 30);

    private DerivedPath(StorePath path, IReadOnlyList<string>? outputs)
    {
        Path = path;
        Outputs = outputs;
    }

    /// <summary>The path, or that of the derivation.</summary>
    public StorePath Path { get; }

    /// <summary>The names of the outputs, none for all; null if <see cref="Path"/> itself is meant.</summary>
    public IReadOnlyList<string>? Outputs { get; }

    /// <summary>The path itself; of a .drv: the file, not what it builds.</summary>
    public static DerivedPath Opaque(StorePath path) => new(path, null);

    /// <summary>Outputs of a derivation; none given: all of them.</summary>
    public static DerivedPath Built(StorePath derivation, params IReadOnlyList<string> outputs) => new(derivation, outputs);

    /// <summary>The text that a daemon of this protocol version reads.</summary>
    /// <exception cref="NixRemoteException">ProtocolTooOld: before 1.30 a .drv always means its outputs.</exception>
    public string ToWire(ProtocolVersion version) => Outputs switch
    {
        null when version < _newText && Path.IsDerivation => throw new NixRemoteException(NixErrors.ProtocolTooOld,
            $"Worker protocol {version} cannot be asked for the file '{Path}'.") { Target = Path.ToString() },
        null => Path.ToString(),
        { Count: > 0 } => $"{Path}!{string.Join(',', Outputs)}",
        _ => version < _newText ? Path.ToString() : $"{Path}!*",
    };

    /// <summary>The text of Nix's command line: <c>PATH</c>, <c>PATH^out,dev</c>, <c>PATH^*</c>.</summary>
    public override string ToString() => Outputs switch
    {
        null => Path.ToString(),
        { Count: > 0 } => $"{Path}^{string.Join(',', Outputs)}",
        _ => $"{Path}^*",
    };
}
