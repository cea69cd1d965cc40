namespace NixRemote.Transport;

/// <summary>What known_hosts files, or a builder's pinned key, say about one host (sshd(8) "SSH_KNOWN_HOSTS FILE FORMAT").</summary>
public sealed class KnownHosts
{
    private readonly IReadOnlyList<KnownHostsEntry> _entries;
    private readonly IReadOnlyList<KnownHostsEntry> _entriesWithoutPort;

    private KnownHosts(string name, IReadOnlyList<KnownHostsEntry> entries, IReadOnlyList<KnownHostsEntry> entriesWithoutPort, IReadOnlyList<string> files)
    {
        Name = name;
        _entries = entries;
        _entriesWithoutPort = entriesWithoutPort;
        Files = files;
    }

    /// <summary>The name that was looked up.</summary>
    public string Name { get; }

    /// <summary>The files that were consulted, those that do not exist too; empty for a pinned key.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Whether a builder's pinned key stands in for the files.</summary>
    public bool IsPinned { get; private init; }

    /// <summary>The types of the host's known keys, in the order of the files: to be offered first, so that the server
    /// shows the key that is known.</summary>
    public IReadOnlyList<string> KeyTypes =>
        [.. _entries.Concat(_entriesWithoutPort).Where(entry => entry.Marker == KnownHostsMarker.None).Select(entry => entry.Key.Type).Distinct()];

    /// <summary>A line that trusts certificates of an authority for this host, if there is one.</summary>
    public KnownHostsEntry? CertificateAuthority =>
        _entries.Concat(_entriesWithoutPort).FirstOrDefault(entry => entry.Marker == KnownHostsMarker.CertificateAuthority);

    /// <summary>Reads what files say about a host.</summary>
    /// <param name="config">The connection: its name, port, alias and files.</param>
    /// <param name="problem">Told about lines that cannot be read.</param>
    /// <exception cref="NixRemoteException">ConfigurationFileUnreadable.</exception>
    public static KnownHosts Load(SshHostConfig config, Action<string>? problem = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        var name = config.KnownHostName.ToLowerInvariant();
        string[] files = [.. config.UserKnownHostsFiles, .. config.GlobalKnownHostsFiles];
        var all = files.SelectMany(file => Read(file, problem)).ToList();
        var entries = all.Where(entry => entry.Matches(name)).ToList();

        // As OpenSSH: a port of its own needs no line of its own if the host has the same key there.
        var withoutPort = config.HostKeyAlias is null && config.Port != 22 && entries.TrueForAll(entry => entry.Marker != KnownHostsMarker.None)
            ? all.Where(entry => entry.Matches(config.HostName)).ToList()
            : [];
        return new KnownHosts(name, entries, withoutPort, files);
    }

    /// <summary>Takes a builder's pinned key; no file is read.</summary>
    /// <param name="config">The connection.</param>
    /// <param name="publicKey">The key's line, <c>TYPE BASE64 [COMMENT]</c>.</param>
    /// <exception cref="NixRemoteException">MachinesEntryInvalid: it is not a public key.</exception>
    public static KnownHosts Pinned(SshHostConfig config, string publicKey)
    {
        ArgumentNullException.ThrowIfNull(config);
        var key = HostKey.Parse(publicKey) ?? throw new NixRemoteException(NixErrors.MachinesEntryInvalid,
            $"The pinned host key of '{config.OriginalHost}' is not a public key line (TYPE BASE64): '{publicKey}'.");
        var entry = new KnownHostsEntry { Marker = KnownHostsMarker.None, Hosts = config.OriginalHost, Key = key, File = "the builder's entry", Line = 1 };
        return new KnownHosts(config.KnownHostName, [entry], [], []) { IsPinned = true };
    }

    /// <summary>Judges a key that the host has shown.</summary>
    public HostKeyVerdict Check(HostKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var all = _entries.Concat(_entriesWithoutPort).ToList();
        if (all.Find(entry => entry.Marker == KnownHostsMarker.Revoked && entry.Key.Equals(key)) is { } revoked)
        {
            return new(HostKeyStatus.Revoked, revoked);
        }

        var plain = all.FindAll(entry => entry.Marker == KnownHostsMarker.None);
        if (plain.Find(entry => entry.Key.Equals(key)) is { } same)
        {
            return new(HostKeyStatus.Known, same);
        }

        // A host is changed by a key of the same type only, and never by the lines that are about another port.
        // A pinned key is the only one that is right, whatever the type of the other is.
        var other = IsPinned
            ? _entries[0]
            : _entries.FirstOrDefault(entry => entry.Marker == KnownHostsMarker.None && entry.Key.Type == key.Type);
        return other is null ? new(HostKeyStatus.Unknown, plain.FirstOrDefault()) : new(HostKeyStatus.Changed, other);
    }

    /// <summary>Judges the authority that has signed the host's certificate: Known if a line trusts it for this host, else Revoked
    /// or Unknown.</summary>
    public HostKeyVerdict CheckAuthority(HostKey authority)
    {
        ArgumentNullException.ThrowIfNull(authority);
        var lines = _entries.Concat(_entriesWithoutPort).Where(entry => entry.Key.Equals(authority)).ToList();
        return lines.Find(entry => entry.Marker == KnownHostsMarker.Revoked) is { } revoked ? new(HostKeyStatus.Revoked, revoked)
            : lines.Find(entry => entry.Marker == KnownHostsMarker.CertificateAuthority) is { } line ? new(HostKeyStatus.Known, line)
            : new(HostKeyStatus.Unknown, null);
    }

    private static IEnumerable<KnownHostsEntry> Read(string file, Action<string>? problem)
    {
        var lines = SshTextFile.Read(file, TransportLimits.MaxKnownHostsBytes)?.Split('\n') ?? [];
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (KnownHostsEntry.Parse(line, file, i + 1) is { } entry)
            {
                yield return entry;
            }
            else
            {
                problem?.Invoke($"{file} line {i + 1} cannot be read and has no effect.");
            }
        }
    }
}
