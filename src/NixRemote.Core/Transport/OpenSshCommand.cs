using System.Globalization;
using System.Net;

namespace NixRemote.Transport;

/// <summary>
/// The command lines of the OpenSSH client for one connection: its master, which logs in and says what happens, and a client of
/// the master for each channel. Windows has no masters: there each channel is a connection of its own, beside one that stays.
/// </summary>
internal sealed class OpenSshCommand
{
    private const string PassphraseVariable = "NIXREMOTE_PASSPHRASE";
    private const string PasswordVariable = "NIXREMOTE_PASSWORD";

    /// <summary>Characters of the user's name that ssh shows when it asks for his password.</summary>
    private const int ShownUserLength = 30;

    private readonly string _program;
    private readonly SshTarget _target;
    private readonly SshHostConfig _config;
    private readonly SshOptions _options;
    private readonly string _folder;

    /// <param name="program">ssh.</param>
    /// <param name="target">Whom to reach.</param>
    /// <param name="config">What is known of the connection.</param>
    /// <param name="options">How.</param>
    /// <param name="folder">A folder of the connection's own, that nobody else can look into.</param>
    public OpenSshCommand(string program, SshTarget target, SshHostConfig config, SshOptions options, string folder)
    {
        _program = program;
        _target = target;
        _config = config;
        _options = options;
        _folder = folder;
        Environment = PrepareEnvironment();
    }

    /// <summary>Whether channels share one connection.</summary>
    public static bool HasMasters => !OperatingSystem.IsWindows();

    /// <summary>Variables of the environment to set for ssh; null as value: to remove.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; }

    private string Socket => Path.Combine(_folder, "s");

    /// <summary>Logs in, runs nothing, and tells on standard error what happens.</summary>
    public IReadOnlyList<string> Master() =>
        [_program, "-v", "-N", .. HasMasters ? (string[])["-M", "-S", Socket, "-oControlPersist=no"] : ["-oControlMaster=no", "-oControlPath=none"], .. Connection()];

    /// <summary>Runs a command.</summary>
    public IReadOnlyList<string> Channel(string command) => HasMasters
        // Should the master be gone, ssh would connect by itself, with nothing that was decided for this connection.
        ? [_program, "-F", "none", "-S", Socket, "-oControlMaster=no", "-oProxyCommand=false", "-T", "-x", "-v", "-oBatchMode=yes", "--", _target.Host, command]
        : [_program, "-oControlMaster=no", "-oControlPath=none", "-oRemoteCommand=none", "-oLogLevel=ERROR", .. Connection(), command];

    private IEnumerable<string> Connection()
    {
        var ci = CultureInfo.InvariantCulture;

        // The first value counts: what must not be otherwise, then NIX_SSHOPTS, then the builder's own, as in Nix.
        yield return "-T";
        yield return "-x";
        yield return "-a";
        foreach (var option in FixedOptions())
        {
            yield return "-o" + option;
        }

        foreach (var word in NixSshOptions.Words(_options.ExtraArguments ?? System.Environment.GetEnvironmentVariable(NixSshOptions.Variable)))
        {
            yield return word;
        }

        if (_target.User is { } user)
        {
            yield return "-oUser=" + user;
        }

        if (_target.Port is { } port)
        {
            yield return "-oPort=" + port.ToString(ci);
        }

        if (_target.IdentityFile is { } identity)
        {
            yield return "-oIdentityFile=\"" + identity.Replace("%", "%%", StringComparison.Ordinal) + "\"";
        }

        if (_target.Compress)
        {
            yield return "-C";
        }

        // The last -F counts, and ours has NIX_SSHOPTS's in it.
        if (_config.ConfigFile is { } file)
        {
            yield return "-F";
            yield return file;
        }

        yield return "--";
        yield return _target.Host;
    }

    private IEnumerable<string> FixedOptions()
    {
        var hasPassword = Environment.ContainsKey(PasswordVariable);
        yield return Environment.ContainsKey(PassphraseVariable) ? "BatchMode=no" : "BatchMode=yes";
        yield return "PermitLocalCommand=no";
        yield return "NumberOfPasswordPrompts=1";
        if (!hasPassword)
        {
            yield return "PasswordAuthentication=no";
            yield return "KbdInteractiveAuthentication=no";
        }

        yield return "ClearAllForwardings=yes";
        yield return $"ConnectTimeout={Seconds(_config.ConnectTimeout)}";
        yield return $"ServerAliveInterval={Seconds(_config.KeepAliveInterval)}";
        if (_target.PinnedHostKey is { } pinned)
        {
            yield return $"UserKnownHostsFile=\"{WriteFile("known_hosts", $"* {pinned.Trim()}\n")}\"";
            yield return "GlobalKnownHostsFile=none";
            yield return "KnownHostsCommand=none";
            yield return "UpdateHostKeys=no";
        }

        // Never "no", which lets changed keys pass; a new one may be accepted where the user or the configuration says so.
        yield return _target.PinnedHostKey is null && _config.HostKeyChecking != HostKeyChecking.Strict ? "StrictHostKeyChecking=accept-new" : "StrictHostKeyChecking=yes";
    }

    /// <summary>Whole seconds, at least one.</summary>
    private static string Seconds(TimeSpan time) => Math.Max(1, (long)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// ssh asks a program for passphrases and passwords; it gets one that answers these two questions and no other. The password is for this user on this
    /// host only, since the ssh of a jump host asks the same program; the passphrase never answers a server.
    /// </summary>
    private Dictionary<string, string?> PrepareEnvironment()
    {
        var password = _options.Credential is { Password.Length: > 0 } credential ? credential.Password : null;
        var passphrase = _options.KeyPassphrase is { Length: > 0 } secure ? new NetworkCredential("", secure).Password : password;
        if (passphrase is null || OperatingSystem.IsWindows())
        {
            if (passphrase is not null)
            {
                // Its ssh starts programs only, not scripts, to ask.
                _options.Warning?.Invoke("The OpenSSH client of Windows cannot be given -KeyPassphrase and -Credential: add the key to its agent (ssh-add), or use -Transport SshNet.");
            }

            return new() { ["SSH_ASKPASS"] = null, ["DISPLAY"] = null };
        }

        var host = (_config.HostKeyAlias ?? _config.HostName).ToLowerInvariant();
        var user = _config.User[..Math.Min(_config.User.Length, ShownUserLength)];
        var program = WriteFile("askpass", $"""
            #!/bin/sh
            case $1 in
              'Enter passphrase for '*) printf '%s\n' "${PassphraseVariable}" ;;
              {Quoted($"{user}@{host}'s password: ")}|{Quoted($"({_config.User}@{host}) ")}*) [ -n "${PasswordVariable}" ] && printf '%s\n' "${PasswordVariable}" ;;
              *) exit 1 ;;
            esac

            """.ReplaceLineEndings("\n"));
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var environment = new Dictionary<string, string?> { ["SSH_ASKPASS"] = program, ["SSH_ASKPASS_REQUIRE"] = "force", [PassphraseVariable] = passphrase };
        if (password is not null)
        {
            environment[PasswordVariable] = password;
        }

        return environment;
    }

    /// <summary>A text as one word of sh.</summary>
    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private string WriteFile(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        if (!File.Exists(file))
        {
            File.WriteAllText(file, text);
        }

        return file;
    }
}
