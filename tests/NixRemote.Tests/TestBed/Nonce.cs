using System.Globalization;

namespace NixRemote.Tests.TestBed;

/// <summary>Makes derivations that no store has seen.</summary>
public static class Nonce
{
    private static readonly string _process = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..12];
    private static int _count;

    /// <summary>A text of letters, digits and a dash that no other call, now or in another run, gives.</summary>
    public static string Next() => $"{_process}-{Interlocked.Increment(ref _count)}";

    /// <summary>
    /// A Nix expression of a fresh derivation that runs a shell script with the usual programs on its PATH.
    /// </summary>
    /// <param name="name">The derivation's name.</param>
    /// <param name="script">What <c>/bin/sh -c</c> runs; <c>$out</c> (or another output) is where it writes.</param>
    /// <param name="attributes">More attributes in Nix, each ended by a semicolon.</param>
    public static string Derivation(string name, string script, string attributes = "") =>
        $$"""
        derivation {
          name = "{{name}}";
          system = builtins.currentSystem;
          builder = "/bin/sh";
          args = [ "-c" {{Quote(script)}} ];
          PATH = "/usr/bin:/bin";
          nonce = "{{Next()}}";
          {{attributes}}
        }
        """;

    /// <summary>A text as a Nix string.</summary>
    public static string Quote(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("${", "\\${", StringComparison.Ordinal) + '"';
    }
}
