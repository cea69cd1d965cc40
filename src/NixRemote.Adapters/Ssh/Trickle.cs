namespace NixRemote.Adapters.Ssh;

/// <summary>
/// Whether small arrivals come one after the other, to which nothing is sent: answers to requests that were all sent before,
/// or the lines of a log. Nobody waits for a single one of them, while each that is carried on by itself wakes three threads.
/// </summary>
internal struct Trickle
{
    /// <summary>Arrivals of fewer bytes are small.</summary>
    public const int SmallArrival = 4096;

    /// <summary>So many on end are a trickle.</summary>
    public const int Arrivals = 8;

    private int _arrivals;

    /// <summary>Whether what comes next may gather before it is carried on.</summary>
    public readonly bool Gathers => _arrivals >= Arrivals;

    /// <summary>Notes what one look at both sides has moved.</summary>
    /// <param name="came">Bytes that came.</param>
    /// <param name="went">Bytes that were sent: whoever sends may wait for the answer to just that.</param>
    /// <param name="gathered">Whether this look followed a pause in which arrivals could gather.</param>
    public void Note(int came, int went, bool gathered)
    {
        var ends = went > 0 || came >= SmallArrival || (came == 0 && gathered);
        _arrivals = ends ? 0 : Math.Min(_arrivals + Math.Sign(came), Arrivals);
    }
}
