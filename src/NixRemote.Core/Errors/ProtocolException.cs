namespace NixRemote;

/// <summary>A remote sent bytes that its protocol or format does not allow, or went over a named limit.</summary>
public sealed class ProtocolException : NixRemoteException
{
    /// <summary>Makes the failure.</summary>
    /// <param name="definition">Its row in the error table.</param>
    /// <param name="offset">Bytes read from the stream before the offending field.</param>
    /// <param name="expectation">What was expected there and what came instead.</param>
    /// <param name="inner">The cause, if another exception is.</param>
    public ProtocolException(ErrorDefinition definition, long offset, string expectation, Exception? inner = null)
        : base(definition, $"{expectation} (at byte {offset})", inner)
    {
        Offset = offset;
        Expectation = expectation;
    }

    /// <summary>Bytes read from the stream before the offending field.</summary>
    public long Offset { get; }

    /// <summary>What was expected there and what came instead.</summary>
    public string Expectation { get; }
}
