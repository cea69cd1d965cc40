using System.Diagnostics;
using NixRemote.Scheduling;
using NixRemote.Stores;
using NixRemote.Tests.Builders;

namespace NixRemote.Tests.Scheduling;

/// <summary>Slot files as Nix's build hook has them (scheduling.md §4.1). That Nix itself keeps to them is in SharedSlotsTests.</summary>
public sealed class SlotDirectoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static StoreUri Host => StoreUri.Parse("ssh://root@host");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("ssh://root@host", 0, "ssh:__root@host-0")]
    [InlineData("ssh-ng://b28", 11, "ssh-ng:__b28-11")]
    [InlineData("ssh://nix@a:2222", 1, "ssh:__nix@a:2222-1")]
    [InlineData("ssh-ng://b?compress=true", 0, "ssh-ng:__b?compress=true-0")]
    [InlineData("ssh://b?remote-program=/x/nix-store", 0, "ssh:__b?remote-program=_x_nix-store-0")]
    public void A_slot_is_named_by_the_builders_URI(string uri, int slot, string name) =>
        Assert.Equal(OperatingSystem.IsWindows() ? name.Replace(':', '_').Replace('?', '_') : name, SlotDirectory.SlotName(StoreUri.Parse(uri), slot));

    [Theory]
    [InlineData(240, false)]
    [InlineData(241, true)]
    [InlineData(400, true)]
    public void A_name_that_is_too_long_for_a_file_is_shortened_as_in_Lix(int length, bool shortened)
    {
        var uri = "ssh://host?x=" + new string('y', length);

        var name = SlotDirectory.SlotName(StoreUri.Parse(uri), 0);

        if (shortened)
        {
            // The first 48 bytes and 16 digits of the SHA-256, as sha256sum and nix-hash --to-base32 give them.
            Assert.Matches("^ssh:__host.x=y{35}-[0-9a-df-np-sv-z]{16}-0$", name.Replace("ssh___", "ssh:__", StringComparison.Ordinal));
            Assert.Equal(NixRemote.StoreObjects.NixHash.Sha256(System.Text.Encoding.UTF8.GetBytes(uri)).ToNixBase32()[..16], name[49..65]);
        }
        else
        {
            Assert.Equal(255, name.Length);
        }
    }

    [Fact]
    public void Each_slot_is_taken_once_and_free_again_when_its_build_has_ended()
    {
        var slots = SlotDirectory.Open(_folder["current-load"]);
        using var first = slots.TryTakeSlot(Host, 2, out var busyBefore);
        var second = slots.TryTakeSlot(Host, 2, out var busyThen);

        Assert.Null(slots.TryTakeSlot(Host, 2, out var busyNow));
        second!.Dispose();
        using var again = slots.TryTakeSlot(Host, 2, out var busyAfter);

        Assert.Equal((0, 1, 2, 1), (busyBefore, busyThen, busyNow, busyAfter));
        Assert.NotNull(again);
    }

    [UnixFact]
    public void A_slot_that_another_program_has_locked_is_busy_until_that_program_is_killed()
    {
        var slots = SlotDirectory.Open(_folder["current-load"]);
        var file = Path.Combine(slots.Path, SlotDirectory.SlotName(Host, 0));
        using var other = Process.Start(new ProcessStartInfo("flock") { ArgumentList = { "-o", file, "-c", "echo locked; exec sleep 600" }, RedirectStandardOutput = true })!;
        Assert.Equal("locked", other.StandardOutput.ReadLine());
        Assert.Null(slots.TryTakeSlot(Host, 1, out var busy));

        other.Kill(entireProcessTree: true);
        other.WaitForExit();

        Assert.Equal(1, busy);
        using var taken = slots.TryTakeSlot(Host, 1, out _);
        Assert.NotNull(taken);
        using var probe = Process.Start("flock", ["-n", file, "true"]);
        probe.WaitForExit();
        Assert.Equal(1, probe.ExitCode);
    }

    [UnixFact]
    public void Lock_files_are_the_users_own()
    {
        var slots = SlotDirectory.Open(_folder["current-load"]);
        using var main = slots.TryTakeMain();
        using var slot = slots.TryTakeSlot(Host, 1, out _);

        Assert.Null(slots.TryTakeMain());
        foreach (var name in new[] { "main-lock", "ssh:__root@host-0" })
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(Path.Combine(slots.Path, name)).UnixFileMode);
        }
    }

    [Fact]
    public void The_chosen_slot_gets_the_time_of_the_choice()
    {
        var slots = SlotDirectory.Open(_folder["current-load"]);
        var file = Path.Combine(slots.Path, SlotDirectory.SlotName(Host, 0));
        File.WriteAllText(file, "");
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);

        using var slot = slots.TryTakeSlot(Host, 1, out _);

        Assert.InRange(File.GetLastWriteTimeUtc(file), DateTime.UtcNow.AddMinutes(-1), DateTime.UtcNow.AddMinutes(1));
    }

    [Fact]
    public void A_directory_that_cannot_be_written_says_so()
    {
        var file = _folder.Write("file", "");

        var error = Assert.Throws<NixRemoteException>(() => SlotDirectory.Open(Path.Combine(file, "current-load")));

        Assert.Equal((NixErrors.SlotsNotShared, Path.Combine(file, "current-load")), (error.Definition, error.Target));
    }

    [Theory]
    [InlineData("auto", null, null, false, "/nix/var/nix")]
    [InlineData("auto", null, "/s", false, "/s")]
    [InlineData("auto", "/proc/7/root/nix/var/nix/daemon-socket/socket", null, false, "/proc/7/root/nix/var/nix")]
    [InlineData("auto", "/proc/7/root/nix/var/nix/daemon-socket/socket", null, true, "/nix/var/nix")]
    [InlineData("auto", "/elsewhere/socket", null, false, "/nix/var/nix")]
    [InlineData("unix:///a/nix/var/nix/daemon-socket/socket?real=/b", null, null, true, "/a/nix/var/nix")]
    [InlineData("local", null, null, true, "/nix/var/nix")]
    [InlineData("/r", null, null, true, "/r/nix/var/nix")]
    [InlineData("local?root=/r", null, null, true, "/r/nix/var/nix")]
    [InlineData("local?root=/r&state=/t", null, null, true, "/t")]
    [InlineData("ssh://b", null, null, true, "/nix/var/nix")]
    public void Nix_keeps_it_in_the_state_directory_of_its_store(string store, string? socket, string? state, bool writable, string expected)
    {
        var environment = new LocalStoreEnvironment
        {
            Variable = name => name switch { "NIX_DAEMON_SOCKET_PATH" => socket, "NIX_STATE_DIR" => state, _ => null },
            IsWritable = _ => writable,
            Exists = _ => true,
        };

        Assert.Equal(expected, new StoreFactory(AdapterLoader.CreateSshConnector(), new(), environment).StateDirectory(StoreUri.Parse(store)));
    }
}
