namespace NixRemote.Tests.Diagnosis;

internal static partial class DiagnosisRows
{
    /// <summary>Nix itself, its store, and what it claims.</summary>
    private static Dictionary<string, DiagnosisRow> OfNix => new()
    {
        ["daemon socket refused"] = new(BuilderCheckName.ProtocolHandshake, NixErrors.DaemonUnavailable, "systemctl restart nix-daemon", b =>
        {
            b.Entry = "ssh-ng://127.0.0.1 x86_64-linux";
            return b.NixAsync(after: "kill -9 $daemon");
        }) { Words = ["refused"] },

        ["daemon socket refused, over ssh://"] = new(BuilderCheckName.ProtocolHandshake, NixErrors.DaemonUnavailable, "systemctl restart nix-daemon",
            b => b.NixAsync(after: "kill -9 $daemon")) { Words = ["refused"] },

        // serve: magic 0x5452eecb, version 1.1, and then nothing.
        ["protocol too old"] = new(BuilderCheckName.ProtocolHandshake, NixErrors.ProtocolTooOld, "Upgrade Nix", async b =>
        {
            await b.SshdAsync();
            b.Entry = $"ssh://127.0.0.1?remote-program={b.RemoteProgram(@"printf '\313\356\122\124\000\000\000\000\001\001\000\000\000\000\000\000'", "cat > /dev/null")} x86_64-linux";
        }) { Words = ["1.1"] },

        ["not trusted with ssh-ng"] = new(BuilderCheckName.Trust, NixErrors.NotTrusted, "trusted-users", async b =>
        {
            await b.SshdAsync();
            b.Entry = "ssh-ng://guest@127.0.0.1 x86_64-linux";
        }) { Words = ["'guest'"] },

        // A daemon that does not say whom it trusts, behind a forced command, as wrapped installations have it.
        ["lacks a signature"] = new(BuilderCheckName.Store, NixErrors.SignatureMissing, "Sign the path", async b =>
        {
            await b.SshdAsync("ForceCommand nix-daemon --stdio", node: "b28");
            b.Entry = "ssh-ng://guest@127.0.0.1 x86_64-linux";
        }) { Words = ["lacks a "] },

        // Nix makes a store writable that is only mounted for reading, as NixOS mounts it: the file system itself must be read-only.
        ["store read-only"] = new(BuilderCheckName.Store, NixErrors.StoreReadOnly, "remount,rw", b => b.NixAsync(before: """
            mount -t tmpfs -o mode=1775 store /nix/store
            chgrp nixbld /nix/store
            mkdir /nix/store/.links
            mount -o remount,ro /nix/store
            """)) { Words = ["Read-only file system"] },

        ["disk full"] = new(BuilderCheckName.Store, NixErrors.DiskFull, "nix-collect-garbage", b => b.NixAsync(before: """
            mount -t tmpfs -o size=64k,mode=1775 store /nix/store
            chgrp nixbld /nix/store
            head -c 1M /dev/zero > /nix/store/.full || true
            """)) { Words = ["No space left"] },

        ["disk nearly full"] = new(BuilderCheckName.FreeSpace, NixErrors.DiskLow, "nix-collect-garbage", b => b.NixAsync(before: """
            mount -t tmpfs -o size=100M,mode=1775 store /nix/store
            chgrp nixbld /nix/store
            """)) { Words = ["/nix/store"] },

        ["claimed feature not there"] = new(BuilderCheckName.SystemsAndFeatures, NixErrors.FeatureMissing, "system-features", async b =>
        {
            await b.SshdAsync();
            b.Entry = "ssh://127.0.0.1 x86_64-linux - 1 1 big-parallel,kvm";
        }) { Words = ["kvm", "only big-parallel"] },

        ["claimed system not buildable"] = new(BuilderCheckName.SystemsAndFeatures, NixErrors.SystemNotBuildable, "extra-platforms", async b =>
        {
            await b.SshdAsync();
            b.Entry = "ssh://127.0.0.1 x86_64-linux,aarch64-darwin";
        }) { Words = ["aarch64-darwin"] },

        ["claims that only a build disproves"] = new(BuilderCheckName.Build, NixErrors.FeatureMissing, "system-features", async b =>
        {
            await b.SshdAsync("ForceCommand nix-store --serve --write");
            b.Entry = "ssh://127.0.0.1 x86_64-linux - 1 1 kvm";
            b.Arguments = "-Build";
        }) { Words = ["kvm"] },

        ["max-jobs 0 on the builder"] = new(BuilderCheckName.SystemsAndFeatures, NixErrors.NoJobsOnBuilder, "max-jobs", b => b.NixAsync("max-jobs = 0")),

        ["job count 0 in the entry"] = new(BuilderCheckName.Configuration, NixErrors.BuilderTakesNoJobs, "job count over 0", async b =>
        {
            await b.SshdAsync();
            b.Entry = "ssh://127.0.0.1 x86_64-linux - 0";
        }),

        // The daemon of "this machine" is one that trusts nobody who is here.
        ["builders ignored by the local daemon"] = new(BuilderCheckName.Configuration, NixErrors.BuildersIgnored, "/etc/nix/machines", async b =>
        {
            var daemon = await b.NixAsync("trusted-users = nobody", before: "export NIX_DAEMON_SOCKET_PATH=\"$folder/socket\"");
            await b.SshdAsync();
            b.Variables["NIX_DAEMON_SOCKET_PATH"] = Path.Combine(daemon.Folder, "socket");
            b.Variables["NIX_CONFIG"] = $"builders = {b.Entry}";
        }) { Words = ["NIX_CONFIG"] },

        // All nodes have the clock of this machine: libfaketime shifts it for what is logged in to, as for a machine of its own.
        ["clock off by a day"] = new(BuilderCheckName.Clock, NixErrors.ClockSkewed, "set-ntp",
            b => b.SshdAsync("SetEnv LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1 FAKETIME=+1d", "mount -t tmpfs -o mode=1777 shm /dev/shm")) { Words = ["ahead of"] },

        // Every build user is taken, as by builds that never ended: Nix waits for one without a word.
        ["builder's builds hang"] = new(BuilderCheckName.Build, NixErrors.BuildProbeTimedOut, "nixbld", b =>
        {
            b.Arguments = "-Build -BuildTimeout 3";
            return b.NixAsync(after: """
                mkdir -p /nix/var/nix/userpool /nix/var/nix/userpool2
                for user in $(getent group nixbld | cut -d: -f4 | tr , ' '); do
                  exec 9> "/nix/var/nix/userpool/$(id -u $user)"
                  flock 9
                  sleep 600 &
                done
                exec 9>&-
                """);
        }) { Words = ["3 s"] },
    };
}
