namespace NixRemote.Builds;

/// <summary>What the history keeps of one builder's work on one derivation.</summary>
/// <param name="Name">The derivation's name, with its version, without <c>.drv</c>.</param>
/// <param name="System">Its platform.</param>
/// <param name="Builder">The builder's name.</param>
/// <param name="SpeedFactor">The builder's speed factor at that time.</param>
/// <param name="Ended">When it ended.</param>
/// <param name="UploadTime">Bringing its inputs.</param>
/// <param name="BuildTime">The build, as seen from here.</param>
/// <param name="BytesSent">Bytes of the inputs' archives.</param>
/// <param name="Outcome">How it ended.</param>
public sealed record BuildRecord(
    string Name, string System, string Builder, double SpeedFactor, DateTimeOffset Ended, TimeSpan UploadTime, TimeSpan BuildTime, long BytesSent, BuildOutcome Outcome)
{
    /// <summary>Bytes of its outputs' archives; null: not known.</summary>
    public long? OutputBytes { get; init; }

    /// <summary>The name without its version, as Nix tells them apart: up to the first dash that no letter follows.</summary>
    public string PackageName => PackageOf(Name);

    /// <summary>A derivation's name without its version: <c>hello</c> of <c>hello-2.12</c>, <c>apache-httpd</c> of <c>apache-httpd-2.0</c>.</summary>
    public static string PackageOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        for (var i = 0; i + 1 < name.Length; i++)
        {
            if (name[i] == '-' && !char.IsAsciiLetter(name[i + 1]))
            {
                return name[..i];
            }
        }

        return name;
    }
}
