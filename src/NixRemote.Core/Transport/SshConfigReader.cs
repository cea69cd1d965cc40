namespace NixRemote.Transport;

/// <summary>
/// Reads ssh_config files for one host as OpenSSH does: the first value of a keyword wins, identity and certificate
/// files add up, blocks apply by Host and Match, Include reads in place.
/// </summary>
internal sealed partial class SshConfigReader
{
    private readonly SshEnvironment _environment;
    private readonly SshOptions _options;
    private readonly Dictionary<string, SshConfigSetting> _settings = new(StringComparer.Ordinal);
    private readonly List<SshConfigSetting> _identityFiles = [];
    private readonly List<SshConfigSetting> _certificateFiles = [];

    /// <param name="host">The host as the user wrote it.</param>
    /// <param name="environment">Who and where the caller is.</param>
    /// <param name="options">Told about blocks and keywords that cannot be honoured.</param>
    public SshConfigReader(string host, SshEnvironment environment, SshOptions options)
    {
        OriginalHost = host;
        _host = host;
        _environment = environment;
        _options = options;
    }

    /// <summary>The host as the user wrote it.</summary>
    public string OriginalHost { get; }

    /// <summary>The identity files so far, in order, unexpanded.</summary>
    public IReadOnlyList<SshConfigSetting> IdentityFiles => _identityFiles;

    /// <summary>The certificate files so far, in order, unexpanded.</summary>
    public IReadOnlyList<SshConfigSetting> CertificateFiles => _certificateFiles;

    /// <summary>What the files ask for that only the OpenSSH client can decide; null: nothing.</summary>
    public string? NeedsOpenSsh { get; private set; }

    /// <summary>The value of a keyword (lower case), or null.</summary>
    public SshConfigSetting? this[string keyword] => _settings.GetValueOrDefault(keyword);

    /// <summary>Sets an option of the command line; it wins over all files that are read later.</summary>
    public void Add(string keyword, string argumentText, string source) =>
        Apply(keyword, keyword.ToLowerInvariant(), argumentText, source);

    /// <summary>Reads files in their order; a second time for <c>Match final</c> if one of them asks for it.</summary>
    /// <param name="files">The files; those that do not exist are passed over.</param>
    /// <param name="required">Whether a missing file is an error, as for <c>ssh -F</c>.</param>
    /// <exception cref="NixRemoteException">SshConfigInvalid, ConfigurationFileUnreadable.</exception>
    public void Read(IReadOnlyList<string> files, bool required)
    {
        ReadPass(files, required);
        if (!_wantsFinalPass)
        {
            return;
        }

        // The name is decided by now, and in lower case unless it is an address: a HostName of the second reading has no effect.
        _host = SshTokens.ExpandHostName(this[SshKeywords.HostName], OriginalHost);
        _host = System.Net.IPAddress.TryParse(_host, out _) ? _host : _host.ToLowerInvariant();
        _settings[SshKeywords.HostName] = new SshConfigSetting([_host.Replace("%", "%%", StringComparison.Ordinal)], this[SshKeywords.HostName]?.Source ?? "the host");
        _finalPass = true;
        ReadPass(files, required);
    }

    private void ReadPass(IReadOnlyList<string> files, bool required)
    {
        foreach (var file in files)
        {
            if (!ReadFile(file, active: true, never: false, depth: 0) && required)
            {
                throw new NixRemoteException(NixErrors.ConfigurationFileUnreadable, $"The SSH configuration '{file}' does not exist.") { Target = file };
            }
        }
    }

    /// <summary>Reads one file, from its first line with the state of the block that includes it.</summary>
    private bool ReadFile(string file, bool active, bool never, int depth)
    {
        if (SshTextFile.Read(file, TransportLimits.MaxConfigBytes) is not { } text)
        {
            return false;
        }

        _options.Verbose?.Invoke($"Reading SSH configuration {file}.");
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var rest = line.Trim(' ', '\t', '\r', '\f');
            if (rest.Length > 0 && rest[0] != '#')
            {
                active = ReadLine(file, $"{file} line {number}", rest, active, never, depth);
            }
        }

        return true;
    }

    /// <summary>Reads one line; returns whether the lines after it apply.</summary>
    private bool ReadLine(string file, string source, string rest, bool active, bool never, int depth)
    {
        var written = SshConfigText.NextWord(ref rest) ?? throw Invalid(source, "a quote is not closed");
        var keyword = written.ToLowerInvariant();
        switch (keyword)
        {
            case SshKeywords.Host:
                return MatchesHost(Arguments(source, written, rest)) && !never;
            case SshKeywords.Match:
                return MatchesCriteria(source, rest) && !never;
            case SshKeywords.Include:
                foreach (var included in Arguments(source, written, rest).SelectMany(argument => IncludedFiles(file, argument)))
                {
                    if (depth == TransportLimits.MaxIncludeDepth)
                    {
                        throw Invalid(source, $"Include is nested deeper than {TransportLimits.MaxIncludeDepth}");
                    }

                    // Inside a block that does not apply, the blocks of the included file cannot apply either.
                    ReadFile(included, active, never || !active, depth + 1);
                }

                return active;
            default:
                if (active)
                {
                    Apply(written, keyword, rest, source);
                }

                return active;
        }
    }

    private void Apply(string written, string keyword, string rest, string source)
    {
        keyword = SshKeywords.Canonical(keyword);
        if (keyword is SshKeywords.ProxyCommand or SshKeywords.ProxyJump
            && (_settings.ContainsKey(SshKeywords.ProxyCommand) || _settings.ContainsKey(SshKeywords.ProxyJump)))
        {
            // Two ways to the same: the first one that is written counts, even if it is "none".
            return;
        }

        if (SshKeywords.TakesRestOfLine(keyword))
        {
            _settings.TryAdd(keyword, new SshConfigSetting([rest], source));
            return;
        }

        if (!SshKeywords.IsKnown(keyword))
        {
            if (!SshPattern.MatchesList(keyword, this[SshKeywords.IgnoreUnknown]?.Value.ToLowerInvariant() ?? ""))
            {
                _options.Warning?.Invoke($"{source}: the option '{written}' is not known and has no effect.");
            }

            return;
        }

        var arguments = Arguments(source, written, rest);
        if (arguments.Count > 1 && SshKeywords.IsSingle(keyword))
        {
            throw Invalid(source, $"'{written}' has extra arguments: {string.Join(' ', arguments.Skip(1))}");
        }

        var setting = new SshConfigSetting(arguments, source);
        if (keyword is SshKeywords.ConnectTimeout or SshKeywords.ServerAliveInterval && setting.Value == "none")
        {
            // The same as no line at all: a later one counts.
            return;
        }

        if (keyword == SshKeywords.ProxyJump && setting.Value != "none")
        {
            SshJump.Parse(setting.Value, source);
        }

        if (keyword is SshKeywords.IdentityFile or SshKeywords.CertificateFile)
        {
            var list = keyword == SshKeywords.IdentityFile ? _identityFiles : _certificateFiles;
            if (list.Count < TransportLimits.MaxIdentityFiles && list.All(known => known.Value != setting.Value))
            {
                list.Add(setting);
            }
        }
        else
        {
            _settings.TryAdd(keyword, setting);
        }
    }

    private IEnumerable<string> IncludedFiles(string file, string argument)
    {
        var path = _environment.ExpandHome(argument);
        if (!Path.IsPathRooted(path))
        {
            // Relative to ~/.ssh for the user's file, to /etc/ssh for the system's.
            var system = file.StartsWith(_environment.SystemFolder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
            path = Path.Combine(system ? _environment.SystemFolder : _environment.UserFolder, path);
        }

        return SshGlob.Expand(path);
    }

    private static List<string> Arguments(string source, string keyword, string rest)
    {
        if (!SshConfigText.TrySplit(rest, comments: true, out var words))
        {
            throw Invalid(source, "a quote is not closed");
        }

        return words is [] or [""] ? throw Invalid(source, $"'{keyword}' needs a value") : words;
    }

    private static NixRemoteException Invalid(string source, string problem) =>
        new(NixErrors.SshConfigInvalid, $"{source}: {problem}.") { Target = source };
}
