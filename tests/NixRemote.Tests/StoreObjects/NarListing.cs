using System.Text;
using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

/// <summary>Writes down what the parser tells, one line a node.</summary>
internal sealed class NarListing : INarVisitor
{
    private readonly Stack<string> _path = new(["."]);
    private readonly List<byte> _content = [];
    private string _file = "";

    public List<string> Lines { get; } = [];

    public static List<string> Of(byte[] archive)
    {
        var listing = new NarListing();
        Assert.True(new NarParser(listing).Advance(archive, out var consumed));
        Assert.Equal(archive.Length, consumed);
        return listing.Lines;
    }

    public void BeginDirectory() => Lines.Add($"{string.Join('/', _path.Reverse())} directory");

    public void Entry(ReadOnlySpan<byte> name) => _path.Push(Encoding.Latin1.GetString(name));

    public void EndDirectory() => EndNode();

    public void BeginFile(long size, bool executable)
    {
        _file = $"{string.Join('/', _path.Reverse())} file {size}{(executable ? " executable" : "")} ";
        _content.Clear();
    }

    public void Content(ReadOnlySpan<byte> chunk) => _content.AddRange(chunk);

    public void EndFile()
    {
        Lines.Add(_file + Encoding.Latin1.GetString([.. _content]));
        EndNode();
    }

    public void Symlink(ReadOnlySpan<byte> target)
    {
        Lines.Add($"{string.Join('/', _path.Reverse())} link {Encoding.Latin1.GetString(target)}");
        EndNode();
    }

    private void EndNode() => _path.Pop();
}
