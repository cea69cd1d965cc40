using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

/// <summary>Archives made of files, nar.md §1.</summary>
public sealed class NarFileTests
{
    // nar.md §9
    [Fact]
    public async Task The_directory_of_the_vectors_gives_its_archive()
    {
        using var temporary = new TemporaryDirectory();
        MakeVectorTree(temporary["d"]);

        Assert.Equal(Vectors.Read("d.nar"), await Archive(temporary["d"]));
        Assert.Equal(Vectors.Read("d.nar"), await Archive(temporary["d"] + "/"));
        var (hash, size) = await NarOfFiles.ComputeAsync(temporary["d"], CancellationToken.None);
        Assert.Equal("ba488f4f7982f4d5b26e682f1a90b3c5047784dccd040ba29bde19c2d4afa3e9", hash.ToBase16());
        Assert.Equal(1264, size);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(1_000_001)]
    public async Task A_file_gives_its_archive(int size)
    {
        using var temporary = new TemporaryDirectory();
        var content = new byte[size];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(temporary["f"], content);

        Assert.Equal(NarBytes.File(content), await Archive(temporary["f"]));
    }

    [Fact]
    public async Task A_link_gives_its_archive_wherever_it_leads()
    {
        using var temporary = new TemporaryDirectory();
        Directory.CreateDirectory(temporary["directory"]);
        File.CreateSymbolicLink(temporary["nowhere"], "../no/such//place/.");
        File.CreateSymbolicLink(temporary["directory-link"], "directory");

        Assert.Equal([". link ../no/such//place/."], NarListing.Of(await Archive(temporary["nowhere"])));
        Assert.Equal([". link directory"], NarListing.Of(await Archive(temporary["directory-link"])));
        Assert.Equal([". link directory"], NarListing.Of(await Archive(temporary["directory-link"] + "/")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Pieces_of_any_size_give_the_same(int size)
    {
        using var temporary = new TemporaryDirectory();
        MakeVectorTree(temporary["d"]);
        await using var archive = new NarFileStream(temporary["d"]);
        var read = new List<byte>();
        var buffer = new byte[size];
        while (await archive.ReadAsync(buffer) is var count and > 0)
        {
            read.AddRange(buffer.AsSpan(0, count));
            Assert.Equal(read.Count, archive.Position);
        }

        Assert.Equal(Vectors.Read("d.nar"), read);
    }

    [Fact]
    public async Task Names_are_sorted_by_their_bytes()
    {
        using var temporary = new TemporaryDirectory();
        string[] names = ["B", "a", "a-b", "a.b", "ab", "é", "\uE000", "\U00010000"];
        foreach (var name in names.Reverse())
        {
            File.WriteAllText(temporary[name], "");
        }

        Assert.Equal(NarBytes.Directory([.. names.Select(Encoding.UTF8.GetBytes)]), await Archive(temporary.Root));
    }

    [Fact]
    public async Task Hidden_files_belong_to_it()
    {
        using var temporary = new TemporaryDirectory();
        File.WriteAllText(temporary[".hidden"], "");

        Assert.Equal(NarBytes.Directory(".hidden"u8.ToArray()), await Archive(temporary.Root));
    }

    // nar.md §1.1: only the owner's bit counts
    [UnixTheory]
    [InlineData("500", true)]
    [InlineData("755", true)]
    [InlineData("655", false)]
    [InlineData("644", false)]
    public async Task Executable_is_what_its_owner_may_execute(string mode, bool executable)
    {
        using var temporary = new TemporaryDirectory();
        File.WriteAllText(temporary["f"], "x");
        Run("chmod", mode, temporary["f"]);

        Assert.Equal(NarBytes.File("x"u8.ToArray(), executable), await Archive(temporary["f"]));
    }

    [UnixTheory]
    [InlineData("pipe")]
    [InlineData("socket")]
    [InlineData("device")]
    public async Task What_is_no_file_is_refused(string kind)
    {
        using var temporary = new TemporaryDirectory();
        var path = temporary["special"];
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        switch (kind)
        {
            case "pipe":
                Run("mkfifo", path);
                break;
            case "socket":
                socket.Bind(new UnixDomainSocketEndPoint(path));
                break;
            default:
                path = "/dev/null";
                break;
        }

        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => Archive(kind == "device" ? path : temporary.Root));
        Assert.Equal("NarSourceUnsupported", exception.ErrorId);
        Assert.Equal(path, exception.Target);
        Assert.Equal($"'{path}' is a device, pipe or socket; archives hold files, directories and symbolic links.", exception.Message);
    }

    [LinuxFact]
    public async Task Names_that_are_no_text_are_refused()
    {
        using var temporary = new TemporaryDirectory();
        Run("sh", "-c", $"touch {temporary.Root}/$(printf 'a\\377')");

        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => Archive(temporary.Root));
        Assert.Equal("NarSourceUnsupported", exception.ErrorId);
        Assert.Contains("is not UTF-8", exception.Message, StringComparison.Ordinal);
        Run("sh", "-c", $"rm {temporary.Root}/a*"); // nor can it be removed from here
    }

    [Fact]
    public async Task What_does_not_exist_is_said_to_be_unreadable()
    {
        using var temporary = new TemporaryDirectory();
        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => Archive(temporary["none"]));

        Assert.Equal("NarSourceUnreadable", exception.ErrorId);
        Assert.Equal(temporary["none"], exception.Target);
    }

    [Fact]
    public async Task A_file_that_becomes_shorter_is_found()
    {
        using var temporary = new TemporaryDirectory();
        File.WriteAllBytes(temporary["f"], new byte[100_000]);
        await using var archive = new NarFileStream(temporary["f"]);
        var buffer = new byte[1000];
        await archive.ReadExactlyAsync(buffer);
        File.WriteAllBytes(temporary["f"], new byte[2000]);

        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => archive.CopyToAsync(Stream.Null));
        Assert.Equal("NarSourceUnreadable", exception.ErrorId);
        Assert.Equal($"'{temporary["f"]}' cannot be read: it became shorter while it was read (2000 of 100000 bytes).", exception.Message);
    }

    // nar.md §1.3
    [LinuxFact]
    public async Task The_case_hack_is_cut_off_before_sorting()
    {
        using var temporary = new TemporaryDirectory();
        foreach (var name in (string[])["A", "a~nix~case~hack~1", "aa"])
        {
            File.WriteAllText(temporary[name], "");
        }

        Assert.Equal(NarBytes.Directory("A"u8.ToArray(), "a"u8.ToArray(), "aa"u8.ToArray()), await Archive(temporary.Root, caseHack: true));
        Assert.Equal(NarBytes.Directory("A"u8.ToArray(), "aa"u8.ToArray(), "a~nix~case~hack~1"u8.ToArray()), await Archive(temporary.Root, caseHack: false));

        File.WriteAllText(temporary["a"], "");
        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => Archive(temporary.Root, caseHack: true));
        Assert.Equal("NarSourceUnsupported", exception.ErrorId);
        Assert.Contains("would have the same name in the archive", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deeper_than_the_limit_is_refused()
    {
        using var temporary = new TemporaryDirectory();
        var path = temporary.Root + string.Concat(Enumerable.Repeat("/d", StoreObjectLimits.NarDepth - 1));
        Directory.CreateDirectory(path);
        Assert.Equal(NarBytes.Nested(StoreObjectLimits.NarDepth), await Archive(temporary.Root));

        Directory.CreateDirectory(path + "/d");
        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => Archive(temporary.Root));
        Assert.Equal("NarSourceUnsupported", exception.ErrorId);
    }

    [Fact]
    public async Task Cancellation_ends_it()
    {
        using var temporary = new TemporaryDirectory();
        File.WriteAllText(temporary["f"], "x");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => NarWriter.WriteAsync(temporary.Root, Stream.Null, null, new CancellationToken(canceled: true)));
    }

    /// <summary>The tree that the vector was made of.</summary>
    internal static void MakeVectorTree(string path)
    {
        Directory.CreateDirectory(Path.Combine(path, "Empty"));
        File.WriteAllText(Path.Combine(path, "A"), "x");
        File.WriteAllText(Path.Combine(path, "a"), "y");
        File.WriteAllText(Path.Combine(path, "run"), "#!/bin/sh\necho hi\n");
        File.WriteAllText(Path.Combine(path, "zero"), "");
        File.CreateSymbolicLink(Path.Combine(path, "link"), "run");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(path, "run"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }

    internal static async Task<byte[]> Archive(string path, bool? caseHack = null)
    {
        var archive = new MemoryStream();
        await NarWriter.WriteAsync(path, archive, caseHack, CancellationToken.None);
        return archive.ToArray();
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
