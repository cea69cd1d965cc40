using System.Buffers.Binary;
using System.Text;

namespace NixRemote.StoreObjects;

// Tokens that nearly always follow one another, compared as one piece: trees of tiny files consist of little else, and
// token by token they would parse no faster than they hash. Where a run is not there, or not there yet, or not allowed,
// the token by token path takes over and says what is wrong.
public sealed partial class NarParser
{
    private static readonly byte[] EntryRun = Run("entry", "(", "name");
    private static readonly byte[] NodeRun = Run("node", "(", "type");
    private static readonly byte[] FileRun = Run("regular", "contents");
    private static readonly byte[] ClosingRun = Run(")", ")");

    private static byte[] Run(params string[] tokens) =>
        [.. tokens.SelectMany(token => (byte[])
            [.. LengthWord(token.Length), .. Encoding.ASCII.GetBytes(token), .. new byte[PaddingOf(token.Length)]])];

    private static byte[] LengthWord(int length)
    {
        var word = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, (ulong)length);
        return word;
    }

    private bool TakeNodeRun(ReadOnlySpan<byte> input, ref int at) =>
        _openDirectories < _maxDepth && TakeRun(input, ref at, NodeRun, State.NodeType);

    private bool TakeFileRun(ReadOnlySpan<byte> input, ref int at)
    {
        if (!TakeRun(input, ref at, FileRun, State.ContentLength))
        {
            return false;
        }

        _executable = false;
        return true;
    }

    private bool TakeClosingRun(ReadOnlySpan<byte> input, ref int at) =>
        _openDirectories > 0 && TakeRun(input, ref at, ClosingRun, State.EntryOrClose);

    private bool TakeRun(ReadOnlySpan<byte> input, ref int at, byte[] run, State next)
    {
        var betweenTokens = _carried == 0 && _tokenLength < 0;
        if (!betweenTokens || !input[at..].StartsWith(run))
        {
            return false;
        }

        at += run.Length;
        _state = next;
        return true;
    }
}
