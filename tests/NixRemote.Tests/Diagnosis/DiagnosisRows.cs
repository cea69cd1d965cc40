using NixRemote.Tests.Ssh;

namespace NixRemote.Tests.Diagnosis;

/// <summary>The table of troubles by the symptom that a user knows; README has the same.</summary>
internal static partial class DiagnosisRows
{
    /// <summary>All rows.</summary>
    public static IReadOnlyDictionary<string, DiagnosisRow> All { get; } =
        OfReaching.Concat(OfLoggingIn).Concat(OfRunning).Concat(OfNix).ToDictionary(StringComparer.Ordinal);

    /// <summary>Getting to an SSH server.</summary>
    private static Dictionary<string, DiagnosisRow> OfReaching => new()
    {
        ["name does not resolve"] = new(BuilderCheckName.NameResolution, NixErrors.HostNotFound, "Check the name", b =>
        {
            b.Entry = "ssh://no-such-host.invalid x86_64-linux";
            return Task.CompletedTask;
        }) { Words = ["no-such-host.invalid"] },

        ["port closed"] = new(BuilderCheckName.Tcp, NixErrors.ConnectionRefused, "Start sshd", b =>
        {
            b.Entry = $"ssh://127.0.0.1:{PrivateSshd.FreePort()} x86_64-linux";
            return Task.CompletedTask;
        }) { Words = ["refuses connections"] },

        ["host silent"] = new(BuilderCheckName.Tcp, NixErrors.ConnectionTimeout, "firewall", b =>
        {
            b.Entry = $"ssh://127.0.0.1:{b.PortOfSilentHost()} x86_64-linux";
            b.Arguments = "-ConnectTimeout 1";
            return Task.CompletedTask;
        }) { Words = ["1 s"] },

        ["port silent"] = new(BuilderCheckName.SshHandshake, NixErrors.ServerSilent, "sshd", b =>
        {
            b.Entry = $"ssh://127.0.0.1:{b.PortOf("")} x86_64-linux";
            b.Arguments = "-ConnectTimeout 1";
            return Task.CompletedTask;
        }) { Words = ["1 s"] },

        ["SSH banner only"] = new(BuilderCheckName.SshHandshake, NixErrors.HandshakeTimeout, "-ConnectTimeout", b =>
        {
            b.Entry = $"ssh://127.0.0.1:{b.PortOf("SSH-2.0-Stalled\r\n")} x86_64-linux";
            b.Arguments = "-ConnectTimeout 2";
            return Task.CompletedTask;
        }) { Words = ["2 s"] },

        ["another service on the port"] = new(BuilderCheckName.SshHandshake, NixErrors.NotAnSshServer, "port of sshd", b =>
        {
            b.Entry = $"ssh://127.0.0.1:{b.PortOf("HTTP/1.1 400 Bad Request\r\n\r\n", close: true)} x86_64-linux";
            return Task.CompletedTask;
        }) { Words = ["HTTP/1.1 400"] },

        ["MaxStartups drop"] = new(BuilderCheckName.SshHandshake, NixErrors.ServerBusy, "MaxStartups", async b =>
        {
            await b.OccupyAsync(await b.SshdAsync("MaxStartups 1:100:1", node: "b28"));
        }) { Words = ["Exceeded MaxStartups"] },

        ["MaxStartups drop, OpenSSH 10"] = new(BuilderCheckName.SshHandshake, NixErrors.ServerBusy, "MaxStartups", async b =>
        {
            await b.OccupyAsync(await b.SshdAsync("MaxStartups 1:100:1\nPerSourcePenalties no"));
        }) { Words = ["Not allowed at this time"] },

        ["no common cipher"] = new(BuilderCheckName.SshHandshake, NixErrors.NoCommonCipher, "sshd_config", b => b.SshdAsync("Ciphers aes256-cbc")) { Words = ["aes256-cbc"] },

        ["ProxyJump host down"] = new(BuilderCheckName.Tcp, NixErrors.ProxyJumpFailed, "Start sshd there", async b =>
        {
            await b.SshdAsync();
            b.SshConfig = $"Host 127.0.0.1\n  ProxyJump localhost:{PrivateSshd.FreePort()}\n";
        }) { Words = ["refuses connections"] },
    };

    /// <summary>Host keys, and the user's.</summary>
    private static Dictionary<string, DiagnosisRow> OfLoggingIn => new()
    {
        ["host key unknown"] = new(BuilderCheckName.HostKey, NixErrors.HostKeyUnknown, "ssh-keyscan", async b =>
        {
            await b.SshdAsync();
            b.SshConfig = $"UserKnownHostsFile {b.Write("known_hosts", "")}";
        }) { Words = ["SHA256:"] },

        ["host key changed"] = new(BuilderCheckName.HostKey, NixErrors.HostKeyChanged, "ssh-keygen -R", async b =>
        {
            var sshd = await b.SshdAsync();
            var other = File.ReadAllText(OpenSsh.MakeKey(b["other"]) + ".pub");
            b.SshConfig = $"UserKnownHostsFile {b.Write("known_hosts", $"[127.0.0.1]:{sshd.Port} {other}")}";
        }) { Words = ["SHA256:"] },

        ["host key revoked"] = new(BuilderCheckName.HostKey, NixErrors.HostKeyRevoked, "new host key", async b =>
        {
            var sshd = await b.SshdAsync();
            b.SshConfig = $"UserKnownHostsFile {b.Write("known_hosts", "@revoked " + File.ReadAllText(sshd.KnownHostsFile))}";
        }) { Words = ["revoked"] },

        ["key file missing"] = new(BuilderCheckName.Authentication, NixErrors.IdentityFileMissing, "ssh-key", async b =>
        {
            await b.SshdAsync();
            b.Entry += $" {b["no-such-key"]}";
        }) { Words = ["no-such-key"] },

        ["key file encrypted"] = new(BuilderCheckName.Authentication, NixErrors.IdentityFileEncrypted, "passphrase", async b =>
        {
            await b.SshdAsync();
            b.Entry += $" {OpenSsh.MakeKey(b["locked"], passphrase: "secret")}";
        }) { Words = ["locked"] },

        ["key file readable for others"] = new(BuilderCheckName.Authentication, NixErrors.IdentityFileTooOpen, "chmod 600", async b =>
        {
            await b.SshdAsync();
            var key = OpenSsh.MakeKey(b["open"]);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(key, (UnixFileMode)0b110_100_000);
            }

            b.Entry += $" {key}";
        }) { Words = ["open"] },

        ["agent without the key"] = new(BuilderCheckName.Authentication, NixErrors.AgentHasNoKey, "ssh-add", async b =>
        {
            await b.SshdAsync();
            b.IdentityFile = "none";
            var agent = b.Keep(await SshAgentProcess.StartAsync(Path.GetDirectoryName(b["agent"])!));
            b.SshConfig = $"IdentityAgent {agent.Socket}\nIdentitiesOnly no";
        }),

        ["key not authorised"] = new(BuilderCheckName.Authentication, NixErrors.AuthenticationRejected, "authorized_keys", async b =>
        {
            await b.SshdAsync();
            b.IdentityFile = OpenSsh.MakeKey(b["stranger"]);
        }) { Words = ["stranger", "publickey"] },

        ["wrong user"] = new(BuilderCheckName.Authentication, NixErrors.AuthenticationRejected, "authorized_keys", async b =>
        {
            await b.SshdAsync();
            b.Entry = "ssh://nobody-of-that-name@127.0.0.1 x86_64-linux";
        }) { Words = ["nobody-of-that-name"] },

        ["account locked"] = new(BuilderCheckName.Authentication, NixErrors.AuthenticationRejected, "authorized_keys", b => b.SshdAsync(setUp: WithPasswd("s/^nix:[^:]*:/nix:!:/"))),
    };

    /// <summary>Running a program there.</summary>
    private static Dictionary<string, DiagnosisRow> OfRunning => new()
    {
        ["MaxSessions reached"] = new(BuilderCheckName.RemoteProgram, NixErrors.ChannelRefused, "MaxSessions", b => b.SshdAsync("MaxSessions 0")),

        ["nix-store not in PATH"] = new(BuilderCheckName.RemoteProgram, NixErrors.RemoteProgramNotFound, "?remote-program=/usr/bin/nix-store",
            b => b.SshdAsync("SetEnv PATH=/nowhere")) { Words = ["nix-store", "not found"] },

        ["shell prints on stdout"] = new(BuilderCheckName.CleanChannel, NixErrors.RemoteOutputBeforeProtocol, ".bashrc",
            b => b.SshdAsync(setUp: """
                mount -t tmpfs home /home/nix
                echo 'echo Welcome to this machine' > /home/nix/.bashrc
                """)) { Words = ["Welcome to this machine"] },

        ["shell is nologin"] = new(BuilderCheckName.RemoteProgram, NixErrors.LoginShellRefuses, "usermod --shell",
            b => b.SshdAsync(setUp: WithPasswd("s,^\\(nix:.*:\\)[^:]*$,\\1/usr/sbin/nologin,"))) { Words = ["not available"] },

        ["forced command wrong"] = new(BuilderCheckName.RemoteProgram, NixErrors.ForcedCommand, "authorized_keys", b => b.SshdAsync("ForceCommand echo only backups here"))
        {
            Words = ["only backups here"],
        },

        ["shell is false"] = new(BuilderCheckName.RemoteProgram, NixErrors.ForcedCommand, "ForceCommand",
            b => b.SshdAsync(setUp: WithPasswd("s,^\\(nix:.*:\\)[^:]*$,\\1/bin/false,"))) { Words = ["exit status 1"] },
    };

    private static string WithPasswd(string change) => $"""
        sed '{change}' /etc/passwd > "$folder/passwd"
        mount --bind "$folder/passwd" /etc/passwd
        """;
}
