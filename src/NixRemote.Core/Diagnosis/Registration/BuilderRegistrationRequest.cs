using NixRemote.Builders;
using NixRemote.Stores;

namespace NixRemote.Diagnosis.Registration;

/// <summary>A machine that is to become a builder.</summary>
public sealed record BuilderRegistrationRequest
{
    /// <summary>Its store.</summary>
    public required StoreUri Uri { get; init; }

    /// <summary>The builder's name; null: its host.</summary>
    public string? Name { get; init; }

    /// <summary>Make a key for it and put it there.</summary>
    public bool NewKey { get; init; }

    /// <summary>The key file to make, or the one that is there and is put on the builder; null: none, what ssh uses is enough.</summary>
    public string? IdentityFile { get; init; }

    /// <summary>The fingerprint of its host key that was agreed to; null: the key must be known already.</summary>
    public string? ApprovedHostKey { get; init; }

    /// <summary>Its job count; null: what it tells.</summary>
    public int? MaxJobs { get; init; }

    /// <summary>Its speed relative to others.</summary>
    public double SpeedFactor { get; init; } = 1;

    /// <summary>The machines file; null: none is written.</summary>
    public string? Path { get; init; }

    /// <summary>The file's format; null: the one that it has, TOML for a new one that is called .toml, else the legacy one.</summary>
    public MachinesFormat? Format { get; init; }

    /// <summary>Replace an entry of the same name or URI.</summary>
    public bool Force { get; init; }

    /// <summary>How the file is read.</summary>
    public required MachinesParseOptions ParseOptions { get; init; }
}
