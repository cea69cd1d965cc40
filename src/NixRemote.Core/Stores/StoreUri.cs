using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace NixRemote.Stores;

/// <summary>A reference to a store (machines.md §3), parsed; <see cref="Text"/> keeps it as written.</summary>
/// <remarks>Two references are equal if all their parts are, and their texts.</remarks>
public sealed partial record StoreUri
{
    /// <summary>As the user wrote it (after the <c>ssh://</c> rule of machines.md §2.4).</summary>
    public required string Text { get; init; }

    /// <summary>The kind.</summary>
    public required StoreScheme Scheme { get; init; }

    /// <summary>The user of an SSH URI, percent-decoded, or null.</summary>
    public string? User { get; init; }

    /// <summary>The host of an SSH or HTTP URI, percent-decoded, IPv6 without brackets and with its zone behind a single
    /// <c>%</c>; empty for others.</summary>
    public string Host { get; init; } = "";

    /// <summary>The port: from the authority, or from Lix's <c>port</c> parameter; null if neither says one.</summary>
    public int? Port { get; init; }

    /// <summary>The socket of a daemon, the root of a local store, the folder of a binary cache, the path of an HTTP URL,
    /// what follows <c>://</c> for <see cref="StoreScheme.Other"/>; null for the default.</summary>
    public string? Path { get; init; }

    /// <summary>The query, percent-decoded, in the order of its keys; of equal keys the first counts, as in Nix.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = _emptyParameters;

    /// <summary>What is odd about the text, but not fatal: pieces of the query without <c>=</c>, parameters that no store of this
    /// kind knows, a password, a path behind an SSH host. Sentences for a warning.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>True for <c>ssh://</c> and <c>ssh-ng://</c>.</summary>
    public bool IsSsh => Scheme is StoreScheme.Ssh or StoreScheme.SshNg;

    /// <summary>True if the host is exactly <c>localhost</c>, without user and port: Nix then runs the remote command as a child
    /// process without ssh.</summary>
    public bool IsLocalhost => IsSsh && Host == "localhost" && User is null && Port is null;

    /// <summary>True for a path that does not begin at a root: Nix takes a text with a <c>/</c> and no scheme for one.</summary>
    public bool IsRelativePath => Scheme == StoreScheme.Local && Path is not null && Path[0] != '/' && !IsWindowsPath;

    private bool IsWindowsPath => Path is [_, ':', '\\', ..] && char.IsAsciiLetter(Path[0]);

    /// <summary>As the user wrote it.</summary>
    public override string ToString() => Text;

    /// <summary>Whether all parts and the texts are equal.</summary>
    public bool Equals(StoreUri? other) =>
        ReferenceEquals(this, other) ||
        (other is not null && Text == other.Text && Scheme == other.Scheme && User == other.User && Host == other.Host &&
        Port == other.Port && Path == other.Path && Parameters.SequenceEqual(other.Parameters));

    /// <summary>The hash of the text.</summary>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    private static readonly IReadOnlyDictionary<string, string> _emptyParameters = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The canonical form: authority and query percent-encoded, IPv6 in brackets, parameters in the order of their keys
    /// (machines.md §3.1). Newer Nix shows builders by this text.</summary>
    public string Canonical
    {
        get
        {
            var text = new StringBuilder();
            text.Append(Scheme switch
            {
                StoreScheme.Auto => "auto",
                StoreScheme.Daemon when Path is null => Parameters.Count == 0 ? "daemon" : "unix://",
                StoreScheme.Daemon => "unix://" + PercentEncoding.Encode(Path, ":@/"),
                StoreScheme.Local when Path is null => Parameters.Count == 0 ? "local" : "local://",
                StoreScheme.Local when IsWindowsPath => "local:///" + PercentEncoding.Encode(Path.Replace('\\', '/'), ":@/"),
                StoreScheme.Local => "local://" + PercentEncoding.Encode(Path, ":@/"),
                StoreScheme.File => "file://" + PercentEncoding.Encode(Path!, ":@/"),
                StoreScheme.Ssh => "ssh://" + CanonicalAuthority(),
                StoreScheme.SshNg => "ssh-ng://" + CanonicalAuthority(),
                StoreScheme.Http => Text[..(Text.IndexOf("://", StringComparison.Ordinal) + 3)] + CanonicalAuthority() + Path,
                _ => Text.Split('?', 2)[0],
            });
            var separator = '?';
            foreach (var (name, value) in Parameters)
            {
                text.Append(separator).Append(PercentEncoding.Encode(name, ":@/?")).Append('=').Append(PercentEncoding.Encode(value, ":@/?"));
                separator = '&';
            }

            return text.ToString();
        }
    }

    /// <summary>The text of a store for messages: without the name and password that an address of HTTP may have.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? WithoutLogin(string? text) => text is null ? null : HttpLogin().Replace(text, "$1");

    [GeneratedRegex("^(https?://)[^/?#]*@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HttpLogin();

    private string CanonicalAuthority()
    {
        var user = User is null ? "" : PercentEncoding.Encode(User, "") + "@";
        var host = Host.Contains(':') ? $"[{PercentEncoding.Encode(Host, ":")}]" : PercentEncoding.Encode(Host, "");

        // Lix's port stays a parameter: it is shown there already.
        return user + host + (Port is null || Parameters.ContainsKey("port") ? "" : $":{Port}");
    }
}
