using System.Text.Json.Serialization;

namespace NixRemote.Tests.TestBed;

/// <summary>One node of the test bed, as testbed.json tells it.</summary>
public sealed record TestBedNode
{
    /// <summary>Its name, which is also its Host alias in ssh_config: <c>b28</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>builder</c> (has an sshd) or <c>client</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Its version of Nix.</summary>
    [JsonPropertyName("nix")]
    public required string NixVersion { get; init; }

    /// <summary>Its sshd's port on 127.0.0.1; 0 for a client.</summary>
    public required int Port { get; init; }

    /// <summary>Its first process, as the host counts; null if it is stopped.</summary>
    public required int? Pid { get; init; }

    /// <summary>Its max-jobs.</summary>
    public int Jobs { get; init; }

    /// <summary>Its speed factor in the machines files.</summary>
    public int Speed { get; init; }

    /// <summary>Its supported features.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Its mandatory features.</summary>
    public IReadOnlyList<string> Mandatory { get; init; } = [];

    /// <summary>Its systems.</summary>
    public IReadOnlyList<string> Systems { get; init; } = [];

    /// <summary>Its root directory as the host sees it.</summary>
    [JsonIgnore]
    public string Root => $"/proc/{Pid}/root";
}
