using System.Text;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.StoreObjects;

namespace NixRemote.Tests.Stores.BinaryCache;

/// <summary>A binary cache in a folder (nar.md §4.1).</summary>
public sealed class BinaryCacheFolderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Folder => _directory["cache"];

    public static TheoryData<string> Written => [.. Caches.Compressions.Writable];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Written))]
    public async Task What_is_added_is_there_and_read_again(string compression)
    {
        var chain = StoreSamples.Chain(5);
        var large = StoreSamples.File("large", [.. Enumerable.Range(0, 1 << 20).Select(i => (byte)(i * i >> 7))], chain[4].Info.Path);
        StoreSamples.Sample[] samples = [.. chain, large];
        await Caches.FillAsync(Folder, compression, samples);

        await using var cache = Caches.InFolder(Folder);
        var paths = samples.Select(s => s.Info.Path).Append(StoreSamples.Path("nobodys")).ToArray();
        Assert.Equal(paths[..6].ToHashSet(), await cache.QueryValidPathsAsync(paths, protect: true, substitute: true, default));
        var infos = await cache.QueryPathInfosAsync(paths, default);
        Assert.Equal(6, infos.Count);
        Assert.All(samples, s => Assert.Equal(
            (s.Info.NarHash, s.Info.NarSize, string.Join(' ', s.Info.References)),
            (infos[s.Info.Path].NarHash, infos[s.Info.Path].NarSize, string.Join(' ', infos[s.Info.Path].References))));
        var archives = await cache.ReadAllAsync([.. samples.Select(s => infos[s.Info.Path])]);
        Assert.All(samples, s => Assert.Equal(s.Nar, archives[s.Info.Path]));
    }

    [Fact]
    public async Task Its_files_are_those_of_Nix()
    {
        var sample = StoreSamples.File("one", "1"u8.ToArray());
        await Caches.FillAsync(Folder, "none", sample);

        var hash = NixHash.Sha256(sample.Nar);
        Assert.Equal("StoreDir: /nix/store\n", File.ReadAllText(Path.Combine(Folder, "nix-cache-info")));
        Assert.Equal(
            $"StorePath: {sample.Info.Path}\nURL: nar/{hash.ToNixBase32()}.nar\nCompression: none\nFileHash: {hash}\nFileSize: {sample.Nar.Length}\n"
            + $"NarHash: {hash}\nNarSize: {sample.Nar.Length}\nReferences: \n",
            File.ReadAllText(Caches.NarInfoFile(Folder, sample.Info.Path)));
        Assert.Equal(sample.Nar, File.ReadAllBytes(Path.Combine(Folder, "nar", hash.ToNixBase32() + ".nar")));
        Assert.Equal(3, Directory.GetFiles(Folder, "*", SearchOption.AllDirectories).Length);
    }

    // NAR of the file "hello\n" (nar.md §9) as other programs compress it
    [Theory]
    [InlineData("xz")]
    [InlineData("bzip2")]
    [InlineData("zstd")]
    public async Task What_others_compressed_is_read(string compression)
    {
        var nar = NarBytes.File("hello\n"u8.ToArray());
        var file = CompressedVectors.Of(compression);
        await using var plain = Caches.Compressions.OpenRead(compression, new PieceStream(file, 7));
        var read = new MemoryStream();
        await plain.CopyToAsync(read);
        Assert.Equal(nar, read.ToArray());
    }

    [Theory]
    [InlineData("xz")]
    [InlineData("bzip2")]
    [InlineData("zstd")]
    public async Task A_file_that_is_cut_or_changed_anywhere_is_refused_and_not_read_as_whole(string compression)
    {
        var sample = StoreSamples.File("hello", "hello\n"u8.ToArray());
        var whole = CompressedVectors.Of(compression);
        await Caches.FillAsync(Folder, "none", sample);
        Caches.Edit(Folder, sample.Info.Path, text =>
            string.Join('\n', text.Replace("Compression: none", $"Compression: {compression}", StringComparison.Ordinal).Split('\n').Where(l => !l.StartsWith("File", StringComparison.Ordinal))));
        var file = Directory.GetFiles(Path.Combine(Folder, "nar")).Single();
        for (var i = 0; i < whole.Length; i++)
        {
            File.WriteAllBytes(file, whole[..i]);
            await using (var cut = Caches.InFolder(Folder))
            {
                var failure = await Caches.FailsToReadAsync(cut, sample.Info);
                Assert.Contains(failure.ErrorId, new[] { nameof(NixErrors.CacheFileInvalid), nameof(NixErrors.NarInvalid) });
            }
        }

        File.WriteAllBytes(file, whole);
        await using var cache = Caches.InFolder(Folder);
        Assert.Equal(sample.Nar, (await cache.ReadAllAsync([sample.Info]))[sample.Info.Path]);
    }

    // edit of the .narinfo → the error of asking for the info, or of reading the archive
    [Theory]
    [InlineData("StorePath: /nix/store/", "StorePath: /nix/store/00000000000000000000000000000000-x\nX: ", "NarInfoInvalid", true)]
    [InlineData("NarSize: 120", "NarSize: 121", "NarSizeMismatch", false)]
    [InlineData("NarSize: 120", "NarSize: 112", "NarSizeMismatch", false)]
    [InlineData("NarSize: 120", "NarSize: 0", "NarInfoInvalid", true)]
    [InlineData("NarSize: 120", "NarSize: 9223372036854775808", "NarInfoInvalid", true)]
    [InlineData("NarSize: 120", "NarSize: -1", "NarInfoInvalid", true)]
    [InlineData("NarHash: sha256:0", "NarHash: sha256:1", "NarHashMismatch", false)]
    [InlineData("NarHash: sha256:", "NarHash: sha512:", "NarInfoInvalid", true)]
    [InlineData("FileSize: 120", "FileSize: 119", "CacheFileInvalid", false)]
    [InlineData("FileSize: 120", "FileSize: 128", "CacheFileInvalid", false)]
    [InlineData("FileHash: sha256:0", "FileHash: sha256:1", "CacheFileInvalid", false)]
    [InlineData("References: ", "References: ../../etc/passwd", "NarInfoInvalid", true)]
    [InlineData("References: ", "References: 00000000000000000000000000000000-x\nReferences: ", "NarInfoInvalid", true)]
    [InlineData("Compression: none", "Compression: lzip", "CompressionUnsupported", false)]
    [InlineData("Compression: none", "Compression: zstd", "CacheFileInvalid", false)]
    [InlineData("Compression: none", "Compression: xz", "CacheFileInvalid", false)]
    [InlineData("Compression: none", "Compression: bzip2", "CacheFileInvalid", false)]
    [InlineData("Compression: none", "Compression: gzip", "CacheFileInvalid", false)]
    [InlineData("URL: nar/", "URL: nar/no", "CacheFileMissing", false)]
    [InlineData("URL: nar/", "URL: ../nar/", "NarInfoInvalid", true)]
    [InlineData("URL: nar/", "URL: /nar/", "NarInfoInvalid", true)]
    [InlineData("URL: nar/", "URL: nar/./", "NarInfoInvalid", true)]
    [InlineData("URL: nar/", "URL: nar//", "NarInfoInvalid", true)]
    [InlineData("URL: nar/", "URL: nar\\", "NarInfoInvalid", true)]
    [InlineData("URL: nar/", "URL: https://elsewhere/nar/", "NarInfoInvalid", true)]
    [InlineData("URL: nar/", "URL: nar/%2e%2e/", "NarInfoInvalid", true)]
    [InlineData("URL: nar/", "URL: nar/ ", "NarInfoInvalid", true)]
    [InlineData("URL: nar/", "NoUrl: ", "NarInfoInvalid", true)]
    [InlineData("References: ", "Zeile ohne Doppelpunkt\nReferences: ", "NarInfoInvalid", true)]
    public async Task A_narinfo_that_is_wrong_is_refused(string text, string replacement, string id, bool whenAsked)
    {
        var sample = StoreSamples.File("hello", "hello\n"u8.ToArray());
        await Caches.FillAsync(Folder, "none", sample);
        Caches.Edit(Folder, sample.Info.Path, content =>
        {
            Assert.Contains(text, content, StringComparison.Ordinal);
            return content.Replace(text, replacement, StringComparison.Ordinal);
        });

        await using var cache = Caches.InFolder(Folder);
        NixRemoteException failure;
        if (whenAsked)
        {
            failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => cache.QueryPathInfosAsync([sample.Info.Path], default));
        }
        else
        {
            var infos = await cache.QueryPathInfosAsync([sample.Info.Path], default);
            failure = await Caches.FailsToReadAsync(cache, infos[sample.Info.Path]);
        }

        Assert.Equal((id, sample.Info.Path.ToString()), (failure.ErrorId, failure.Target));
    }

    [Fact]
    public async Task A_bad_file_is_told_of_the_cache_that_has_it_not_of_the_one_that_it_was_to_go_to()
    {
        var sample = StoreSamples.File("bad", "content"u8.ToArray());
        await Caches.FillAsync(Folder, "zstd", sample);
        await File.WriteAllTextAsync(Directory.GetFiles(Path.Combine(Folder, "nar")).Single(), "x");
        await using var from = NixRemote.Stores.BinaryCache.BinaryCacheStore.OfFolder("from", Folder, new NixRemote.Stores.BinaryCache.BinaryCacheOptions { Compressions = Caches.Compressions });
        await using var to = NixRemote.Stores.BinaryCache.BinaryCacheStore.OfFolder("to", Folder + "-2", new NixRemote.Stores.BinaryCache.BinaryCacheOptions { Compressions = Caches.Compressions });

        var failure = await Assert.ThrowsAsync<NixRemoteException>(
            () => ClosureCopy.CopyClosureAsync(from, to, [sample.Info.Path], new CopyOptions(), null, default));

        Assert.Equal((nameof(NixErrors.CacheFileInvalid), "from", sample.Info.Path.ToString()), (failure.ErrorId, failure.Builder, failure.Target));
    }

    [Fact]
    public async Task A_cache_that_changes_its_answer_is_held_to_the_first()
    {
        var sample = StoreSamples.File("changing", "one"u8.ToArray());
        var other = StoreSamples.File("changing", "two"u8.ToArray());
        await Caches.FillAsync(Folder, "zstd", sample);
        await using (var before = Caches.InFolder(Folder))
        {
            var info = (await before.QueryPathInfosAsync([sample.Info.Path], default))[sample.Info.Path];
            await Caches.FillAsync(Folder, "zstd", other with { Info = other.Info with { Path = sample.Info.Path } });
            Assert.Equal(sample.Nar, (await before.ReadAllAsync([info]))[sample.Info.Path]);
        }

        await using var after = Caches.InFolder(Folder);
        Assert.Equal(nameof(NixErrors.NarHashMismatch), (await Caches.FailsToReadAsync(after, sample.Info)).ErrorId);
    }

    [Fact]
    public async Task A_path_comes_after_what_it_refers_to()
    {
        var chain = StoreSamples.Chain(2);
        await using var cache = Caches.InFolder(Folder);
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => cache.AddPathsAsync(1, chain[1..].Items(), default));
        Assert.Equal((nameof(NixErrors.PathNotValid), "cache", chain[1].Info.Path.ToString()), (failure.ErrorId, failure.Builder, failure.Target));
        Assert.Contains(chain[0].Info.Path.ToString(), failure.Message, StringComparison.Ordinal);

        await cache.AddPathsAsync(2, chain.Items(), default);
        Assert.Equal(2, (await cache.QueryPathInfosAsync([.. chain.Select(s => s.Info.Path)], default)).Count);
    }

    public static TheoryData<string, byte[], string> BadArchives
    {
        get
        {
            var good = NarBytes.File("hello\n"u8.ToArray());
            var bad = new TheoryData<string, byte[], string>
            {
                { "nothing", [], nameof(NixErrors.NarInvalid) },
                { "another hash", NarBytes.File("jello\n"u8.ToArray()), nameof(NixErrors.NarHashMismatch) },
                { "another size", NarBytes.File("hello, world\n"u8.ToArray()), nameof(NixErrors.NarSizeMismatch) },
                { "more behind it", [.. good, 0], nameof(NixErrors.NarInvalid) },
            };
            foreach (var cut in new[] { 1, 8, 60, good.Length - 1 })
            {
                bad.Add($"cut at {cut}", good[..cut], nameof(NixErrors.NarInvalid));
            }

            return bad;
        }
    }

    [Theory]
    [MemberData(nameof(BadArchives))]
    public async Task An_archive_that_is_not_what_was_promised_leaves_nothing(string what, byte[] archive, string id)
    {
        var sample = StoreSamples.File("hello", "hello\n"u8.ToArray());
        await using var cache = Caches.InFolder(Folder);
        var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => cache.AddPathsAsync(1, new[] { sample with { Nar = archive } }.Items(), default));
        Assert.Equal((what, id, sample.Info.Path.ToString()), (what, failure.ErrorId, failure.Target));
        AssertOnlyInfo();
    }

    [Fact]
    public async Task A_cancelled_upload_leaves_what_was_complete_and_no_more()
    {
        var chain = StoreSamples.Chain(3);
        using var stop = new CancellationTokenSource();
        await using var cache = Caches.InFolder(Folder);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.AddPathsAsync(3, Items(), stop.Token));
        Assert.Equal([Path.GetFileName(Caches.NarInfoFile(Folder, chain[0].Info.Path))], Directory.GetFiles(Folder, "*.narinfo").Select(Path.GetFileName));
        Assert.Single(Directory.GetFiles(Path.Combine(Folder, "nar")));
        Assert.Empty(Directory.GetFiles(Folder, ".*", SearchOption.AllDirectories));

        async IAsyncEnumerable<NarItem> Items()
        {
            yield return new NarItem(chain[0].Info, new MemoryStream(chain[0].Nar));
            await stop.CancelAsync();
            yield return new NarItem(chain[1].Info, new PieceStream(chain[1].Nar, 10));
        }
    }

    [Fact]
    public async Task Many_writers_of_the_same_paths_at_once_leave_one_good_cache()
    {
        var chain = StoreSamples.Chain(20);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => Caches.FillAsync(Folder, i % 2 == 0 ? "zstd" : "none", chain))));

        await using var cache = Caches.InFolder(Folder);
        var infos = await cache.QueryPathInfosAsync([.. chain.Select(s => s.Info.Path)], default);
        var archives = await cache.ReadAllAsync([.. infos.Values]);
        Assert.All(chain, s => Assert.Equal(s.Nar, archives[s.Info.Path]));
        Assert.Empty(Directory.GetFiles(Folder, ".*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_a_writer_left_that_died_is_removed_by_the_next_but_not_what_is_being_written()
    {
        var archives = Directory.CreateDirectory(Path.Combine(Folder, "nar")).FullName;
        var abandoned = Path.Combine(archives, ".nixremote-abandoned");
        var recent = Path.Combine(archives, ".nixremote-recent");
        var locked = Path.Combine(Folder, ".nixremote-locked");
        await using var writer = new FileStream(locked, FileMode.Create, FileAccess.Write, FileShare.None);
        Array.ForEach([abandoned, recent], file => File.WriteAllText(file, "half"));
        Array.ForEach([abandoned, locked], file => File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-1)));

        await Caches.FillAsync(Folder, "none", StoreSamples.File("one", "1"u8.ToArray()));

        Assert.Equal((false, true, true), (File.Exists(abandoned), File.Exists(recent), File.Exists(locked)));
    }

    [Theory]
    [InlineData("bzip2")]
    [InlineData("rar")]
    public async Task What_cannot_be_written_is_said_before_anything_is(string compression)
    {
        await using var cache = Caches.InFolder(Folder, compression);
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => cache.AddPathsAsync(1, StoreSamples.Chain(1).Items(), default));
        Assert.Equal(nameof(NixErrors.CompressionUnsupported), failure.ErrorId);
        Assert.Contains("none, xz, zstd", failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_said()
    {
        File.WriteAllText(Folder, "a file");
        await using var cache = Caches.InFolder(Folder);
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => cache.AddPathsAsync(1, StoreSamples.Chain(1).Items(), default));
        Assert.Equal(nameof(NixErrors.DestinationUnwritable), failure.ErrorId);
    }

    [Theory]
    [InlineData("StoreDir: /gnu/store\n", nameof(NixErrors.CacheUnusable))]
    [InlineData("StoreDir: /nix/store\nPriority: 30\nUnknown: x\n", null)]
    [InlineData("", null)]
    public async Task The_store_directory_must_be_ours(string info, string? id)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "nix-cache-info"), info);
        await using var cache = Caches.InFolder(Folder);
        var failure = await Record.ExceptionAsync(() => cache.QueryValidPathsAsync([StoreSamples.Path("x")], false, false, default));
        Assert.Equal(id, (failure as NixRemoteException)?.ErrorId);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_an_empty_destination_but_no_source()
    {
        await using var cache = Caches.InFolder(Folder);
        Assert.Empty(await cache.QueryValidPathsAsync([StoreSamples.Path("x")], false, false, default));
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => cache.QueryPathInfosAsync([StoreSamples.Path("x")], default));
        Assert.Equal(nameof(NixErrors.CacheUnusable), failure.ErrorId);
    }

    [Fact]
    public async Task A_narinfo_larger_than_any_that_is_meant_is_not_read()
    {
        var sample = StoreSamples.File("one", "1"u8.ToArray());
        await Caches.FillAsync(Folder, "none", sample);
        Caches.Edit(Folder, sample.Info.Path, text => text + "X: " + new string('x', StoreObjectLimits.NarInfoBytes) + "\n");
        await using var cache = Caches.InFolder(Folder);
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => cache.QueryPathInfosAsync([sample.Info.Path], default));
        Assert.Equal(nameof(NixErrors.LimitExceeded), failure.ErrorId);
    }

    [Fact]
    public async Task A_narinfo_that_is_no_text_is_refused()
    {
        var sample = StoreSamples.File("one", "1"u8.ToArray());
        await Caches.FillAsync(Folder, "none", sample);
        File.WriteAllBytes(Caches.NarInfoFile(Folder, sample.Info.Path), [.. Encoding.UTF8.GetBytes("StorePath: "), 0xff, 0xfe, (byte)'\n']);
        await using var cache = Caches.InFolder(Folder);
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => cache.QueryPathInfosAsync([sample.Info.Path], default));
        Assert.Equal((nameof(NixErrors.NarInfoInvalid), sample.Info.Path.ToString()), (failure.ErrorId, failure.Target));
    }

    private void AssertOnlyInfo() =>
        Assert.Equal(["nix-cache-info"], Directory.GetFiles(Folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Folder, f)));
}
