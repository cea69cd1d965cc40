using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using NixRemote.StoreObjects;

namespace NixRemote.Benchmarks;

/// <summary>The archive reader and writer beside raw SHA-256, over a large file and over many small ones. One operation is one MiB of
/// archive: 1.5 GB/s are 0.70 ms.</summary>
[MemoryDiagnoser]
public class NarCodec
{
    private const int Mebibytes = 256;
    private const int SmallFileBytes = 8 << 10;
    private const int FilesInFolder = 512;
    private const int PieceBytes = 256 << 10;

    private static readonly Comparer<byte[]> _byBytes = Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right));

    private readonly byte[] _piece = new byte[PieceBytes];
    private DirectoryInfo _folder = null!;
    private MemoryNode _tree = null!;
    private byte[] _archive = null!;
    private PathInfo _info = null!;

    /// <summary>What the archive holds.</summary>
    [Params("one file", "small files")]
    public string Content { get; set; } = "";

    /// <summary>Makes the files and their archive.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        _folder = Directory.CreateTempSubdirectory("nixremote-codec");
        var (files, size) = Content == "one file" ? (1, Mebibytes << 20) : ((Mebibytes << 20) / SmallFileBytes, SmallFileBytes);
        var bytes = RandomNumberGenerator.GetBytes(size);
        for (var i = 0; i < files; i++)
        {
            File.WriteAllBytes(Path.Combine(_folder.CreateSubdirectory($"{i / FilesInFolder}").FullName, $"{i}"), bytes);
        }

        _tree = new MemoryNode
        {
            Entries = [.. Enumerable.Range(0, files).GroupBy(i => i / FilesInFolder).Select(folder => (Name(folder.Key), new MemoryNode
            {
                Entries = [.. folder.Select(i => (Name(i), new MemoryNode { Content = (byte[])bytes.Clone() })).OrderBy(e => e.Item1, _byBytes)],
            })).OrderBy(e => e.Item1, _byBytes)],
        };
        using var memory = new MemoryStream((Mebibytes << 20) + (files * 512));
        NarWriter.WriteAsync(_folder.FullName, memory, null, default).GetAwaiter().GetResult();
        _archive = memory.ToArray();
        _info = new PathInfo
        {
            Path = StorePath.Parse("/nix/store/00000000000000000000000000000000-codec"),
            NarHash = NixHash.Sha256(_archive),
            NarSize = _archive.Length,
        };
        if (WriteAndHash().GetAwaiter().GetResult() != (_info.NarHash, _info.NarSize))
        {
            throw new InvalidOperationException("The archive of the files in memory is not that of the same files on the disk.");
        }
    }

    /// <summary>Removes the files.</summary>
    [GlobalCleanup]
    public void Clean() => _folder.Delete(recursive: true);

    /// <summary>The hash alone, which nothing that hashes can beat.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Mebibytes)]
    public void Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var at = 0; at < _archive.Length; at += PieceBytes)
        {
            hash.AppendData(_archive.AsSpan(at, Math.Min(PieceBytes, _archive.Length - at)));
        }

        hash.GetHashAndReset();
    }

    /// <summary>Parses the archive.</summary>
    [Benchmark(OperationsPerInvoke = Mebibytes)]
    public bool Read()
    {
        var parser = new NarParser();
        for (var at = 0; at < _archive.Length; at += PieceBytes)
        {
            parser.Advance(_archive.AsSpan(at, Math.Min(PieceBytes, _archive.Length - at)), out _);
        }

        return parser.IsComplete ? true : throw parser.Truncated();
    }

    /// <summary>Parses it, hashes it, and compares.</summary>
    [Benchmark(OperationsPerInvoke = Mebibytes)]
    public async Task ReadAndVerify()
    {
        using var memory = new MemoryStream(_archive, writable: false);
        await using var archive = new NarVerifyingStream(new StreamByteSource(memory), _info);
        await archive.CopyToAsync(Stream.Null);
    }

    /// <summary>Makes the archive of files that are held in memory.</summary>
    [Benchmark(OperationsPerInvoke = Mebibytes)]
    public async Task Write()
    {
        await using var archive = new NarTreeStream<MemoryNode>(new MemoryTree(_tree));
        await ReadAllAsync(archive);
    }

    /// <summary>Makes it and hashes it.</summary>
    [Benchmark(OperationsPerInvoke = Mebibytes)]
    public async Task<(NixHash Hash, long Size)> WriteAndHash()
    {
        await using var archive = new NarTreeStream<MemoryNode>(new MemoryTree(_tree));
        return await NarWriter.HashAsync(archive, default);
    }

    /// <summary>Makes the archive of files on a disk, all of them in the system's cache.</summary>
    [Benchmark(OperationsPerInvoke = Mebibytes)]
    public async Task WriteFiles()
    {
        await using var archive = new NarFileStream(_folder.FullName);
        await ReadAllAsync(archive);
    }

    /// <summary>Makes it and hashes it.</summary>
    [Benchmark(OperationsPerInvoke = Mebibytes)]
    public Task<NarOfFiles> WriteFilesAndHash() => NarOfFiles.ComputeAsync(_folder.FullName, default);

    private static byte[] Name(int number) => Encoding.ASCII.GetBytes($"{number}");

    private async Task ReadAllAsync(Stream archive)
    {
        while (await archive.ReadAsync(_piece) > 0)
        {
        }
    }
}
