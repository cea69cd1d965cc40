namespace NixRemote.StoreObjects;

// Tokens that nearly always follow one another, compared as one piece: trees of tiny files consist of little else, and
// token by token they would parse no faster than they hash. Where a run is not there, or not there yet, or not allowed,
// the token by token path takes over and says what is wrong.
public sealed partial class NarParser
{
    private static readonly byte[] EntryRun = NarTokens.Of("entry", "(", "name");
    private static readonly byte[] NodeRun = NarTokens.Of("node", "(", "type");
    private static readonly byte[] FileRun = NarTokens.Of("regular", "contents");
    private static readonly byte[] ClosingRun = NarTokens.Of(")", ")");

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
