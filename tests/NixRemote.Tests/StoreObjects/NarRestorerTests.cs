using System.Text;
using NixRemote.StoreObjects;
using static NixRemote.Tests.StoreObjects.NarFileTests;

namespace NixRemote.Tests.StoreObjects;

/// <summary>Archives unpacked into files, nar.md §1.</summary>
public sealed class NarRestorerTests
{
    [Fact]
    public async Task What_is_unpacked_gives_the_same_archive()
    {
        using var temporary = new TemporaryDirectory();
        await Restore(Vectors.Read("d.nar"), temporary["d"]);

        Assert.Equal("x", File.ReadAllText(temporary["d/A"]));
        Assert.Equal("run", new FileInfo(temporary["d/link"]).LinkTarget);
        Assert.Equal(Vectors.Read("d.nar"), await Archive(temporary["d"]));
    }

    public static TheoryData<byte[]> Roots => [NarBytes.File("x"u8.ToArray(), executable: true), NarBytes.File([]), NarBytes.Tokens("nix-archive-1", "(", "type", "symlink", "target", "/etc", ")"), NarBytes.Nested(300)];

    [Theory]
    [MemberData(nameof(Roots))]
    public async Task The_root_may_be_anything(byte[] archive)
    {
        using var temporary = new TemporaryDirectory();
        await Restore(archive, temporary["root"]);

        Assert.Equal(archive, await Archive(temporary["root"]));
    }

    [Fact]
    public async Task The_source_is_left_after_the_archive_whose_hash_was_checked()
    {
        using var temporary = new TemporaryDirectory();
        var archive = Vectors.Read("d.nar");
        var source = new StreamByteSource(new MemoryStream([.. archive, 1, 2, 3]), 100);
        await NarRestorer.RestoreAsync(source, Info(archive), temporary["d"], null, CancellationToken.None);

        Assert.Equal(archive.Length, source.Position);
        Assert.Equal(archive, await Archive(temporary["d"]));
    }

    [Fact]
    public async Task A_wrong_hash_leaves_nothing()
    {
        using var temporary = new TemporaryDirectory();
        var archive = Vectors.Read("d.nar");
        var source = new StreamByteSource(new MemoryStream(archive));
        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => NarRestorer.RestoreAsync(
            source, Info(archive) with { NarHash = NixHash.Sha256([]) }, temporary["d"], null, CancellationToken.None));

        Assert.Equal("NarHashMismatch", exception.ErrorId);
        Assert.Empty(Directory.GetFileSystemEntries(temporary.Root));
    }

    [Fact]
    public async Task Cut_at_any_word_it_leaves_nothing()
    {
        using var temporary = new TemporaryDirectory();
        var archive = Vectors.Read("d.nar");
        for (var length = 0; length < archive.Length; length += 8)
        {
            var exception = await Assert.ThrowsAsync<ProtocolException>(() => Restore(archive[..length], temporary["d"]));
            Assert.Equal("NarInvalid", exception.ErrorId);
            Assert.Empty(Directory.GetFileSystemEntries(temporary.Root));
        }
    }

    [Fact]
    public async Task Cancellation_leaves_nothing()
    {
        using var temporary = new TemporaryDirectory();
        using var cancellation = new CancellationTokenSource();
        var source = new EndlessSource(NarBytes.Tokens("nix-archive-1", "(", "type", "directory", "entry", "(", "name", "a", "node", "(", "type", "regular", "contents"));
        var restore = NarRestorer.RestoreAsync(source, null, temporary["d"], null, cancellation.Token);
        Assert.True(File.Exists(temporary["d/a"]));
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => restore);
        Assert.Empty(Directory.GetFileSystemEntries(temporary.Root));
    }

    [Fact]
    public async Task Removing_what_was_unpacked_does_not_follow_links()
    {
        using var temporary = new TemporaryDirectory();
        Directory.CreateDirectory(temporary["outside"]);
        File.WriteAllText(temporary["outside/keep"], "kept");
        var archive = NarBytes.Tokens(
            "nix-archive-1", "(", "type", "directory", "entry", "(", "name", "link", "node", "(", "type", "symlink", "target", temporary["outside"], ")", ")");

        await Assert.ThrowsAsync<ProtocolException>(() => Restore(archive, temporary["d"]));
        Assert.False(Path.Exists(temporary["d"]));
        Assert.Equal("kept", File.ReadAllText(temporary["outside/keep"]));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("directory")]
    [InlineData("link to a directory")]
    [InlineData("link to nothing")]
    public async Task A_target_that_exists_is_refused_and_kept(string kind)
    {
        using var temporary = new TemporaryDirectory();
        Directory.CreateDirectory(temporary["outside"]);
        switch (kind)
        {
            case "file":
                File.WriteAllText(temporary["d"], "kept");
                break;
            case "directory":
                Directory.CreateDirectory(temporary["d"]);
                break;
            case "link to a directory":
                File.CreateSymbolicLink(temporary["d"], "outside");
                break;
            default:
                File.CreateSymbolicLink(temporary["d"], "nothing");
                break;
        }

        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => Restore(Vectors.Read("d.nar"), temporary["d"]));
        Assert.Equal("NarRestoreFailed", exception.ErrorId);
        Assert.Equal($"'{temporary["d"]}' cannot be unpacked: it exists already.", exception.Message);
        Assert.Equal(2, Directory.GetFileSystemEntries(temporary.Root).Length);
        Assert.Empty(Directory.GetFileSystemEntries(temporary["outside"]));
    }

    [Fact]
    public async Task The_targets_directory_must_exist()
    {
        using var temporary = new TemporaryDirectory();
        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => Restore(Vectors.Read("d.nar"), temporary["none/d"]));

        Assert.Equal("NarRestoreFailed", exception.ErrorId);
        Assert.Empty(Directory.GetFileSystemEntries(temporary.Root));
    }

    // What a file system that ignores case makes of "a" and "A": the entry exists already, and may be a link.
    [Fact]
    public void A_directory_is_never_made_where_something_is()
    {
        using var temporary = new TemporaryDirectory();
        Directory.CreateDirectory(temporary["outside"]);
        using var files = new NarFileVisitor(temporary["d"], caseHack: false);
        files.BeginDirectory();
        files.Entry("a"u8);
        files.Symlink(Encoding.UTF8.GetBytes(temporary["outside"]));
        files.Entry("a"u8);

        var exception = Assert.Throws<NixRemoteException>(files.BeginDirectory);
        Assert.Equal("NarRestoreFailed", exception.ErrorId);
        Assert.Contains("Another entry has this name already", exception.Message, StringComparison.Ordinal);
    }

    public static TheoryData<byte[], string> BadNames => new()
    {
        { NarBytes.Directory([0x61, 0xff]), "The name 'a\\xff' in " },
        { [.. NarBytes.Tokens("nix-archive-1", "(", "type", "symlink", "target"), .. NarBytes.Token([0xff]), .. NarBytes.Token(")")],
            "The target of the symbolic link '\\xff' in " },
    };

    [Theory]
    [MemberData(nameof(BadNames))]
    public async Task Names_that_are_no_text_are_refused(byte[] archive, string message)
    {
        using var temporary = new TemporaryDirectory();
        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => Restore(archive, temporary["d"]));

        Assert.Equal("NarNameUnsupported", exception.ErrorId);
        Assert.StartsWith(message, exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(temporary.Root));
    }

    // nar.md §1.3
    [Fact]
    public async Task Names_that_differ_in_case_get_a_suffix()
    {
        using var temporary = new TemporaryDirectory();
        var archive = NarBytes.Directory("A"u8.ToArray(), "B"u8.ToArray(), "a"u8.ToArray(), "É"u8.ToArray(), "é"u8.ToArray());
        await Restore(archive, temporary["d"], caseHack: true);

        Assert.Equal(["A", "B", "a~nix~case~hack~1", "É", "é~nix~case~hack~1"],
            Directory.GetFiles(temporary["d"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(archive, await Archive(temporary["d"], caseHack: true));
    }

    [Fact]
    public async Task A_third_name_gets_the_next_number()
    {
        using var temporary = new TemporaryDirectory();
        await Restore(NarBytes.Directory("AB"u8.ToArray(), "Ab"u8.ToArray(), "ab"u8.ToArray()), temporary["d"], caseHack: true);

        Assert.Equal(["AB", "Ab~nix~case~hack~1", "ab~nix~case~hack~2"],
            Directory.GetFiles(temporary["d"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_name_that_has_the_suffix_already_is_refused()
    {
        using var temporary = new TemporaryDirectory();
        var archive = NarBytes.Directory("a~nix~case~hack~1"u8.ToArray());
        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => Restore(archive, temporary["d"], caseHack: true));
        Assert.Equal("NarNameUnsupported", exception.ErrorId);

        await Restore(archive, temporary["d"], caseHack: false);
        Assert.Equal(archive, await Archive(temporary["d"], caseHack: false));
    }

    [Theory]
    [InlineData("a", null)]
    [InlineData(".config", null)]
    [InlineData("console.log", null)]
    [InlineData("com10", null)]
    [InlineData("con", "'con' is a device on Windows")]
    [InlineData("NUL.txt", "'NUL' is a device on Windows")]
    [InlineData("Com1", "'Com1' is a device on Windows")]
    [InlineData("aux .h", "'aux' is a device on Windows")]
    [InlineData("a.", "Windows cuts blanks and dots off at the end")]
    [InlineData("a ", "Windows cuts blanks and dots off at the end")]
    [InlineData("a:b", "Windows does not allow U+003A in names")]
    [InlineData("a\\b", "Windows does not allow U+005C in names")]
    [InlineData("C:", "Windows does not allow U+003A in names")]
    [InlineData("a\tb", "Windows does not allow U+0009 in names")]
    public void Names_that_Windows_changes_are_known(string name, string? reason) => Assert.Equal(reason, WindowsFileNames.WhyNot(name));

    private static Task Restore(byte[] archive, string target, bool? caseHack = null) =>
        NarRestorer.RestoreAsync(new StreamByteSource(new MemoryStream(archive), 64), null, target, caseHack, CancellationToken.None);

    private static PathInfo Info(byte[] archive) => new()
    {
        Path = StorePath.Parse("/nix/store/k6rv8g3x5msg8ngbg8glk6qmzzc3hdfb-d"),
        NarHash = NixHash.Sha256(archive),
        NarSize = archive.Length,
    };

    // Gives its bytes, then a file's length and one byte of it, then nothing more.
    private sealed class EndlessSource(byte[] bytes) : IByteSource
    {
        private readonly byte[] _bytes = [.. bytes, 0, 0, 0, 0, 1, 0, 0, 0, 42];

        public long Position { get; private set; }

        public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(CancellationToken cancellationToken)
        {
            if (Position == _bytes.Length)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return _bytes.AsMemory((int)Position);
        }

        public void Advance(int count) => Position += count;
    }
}
