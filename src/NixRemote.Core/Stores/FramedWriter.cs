namespace NixRemote.Stores;

/// <summary>
/// A framed stream (wire.md §1.1) while it is open: what is written to the writer goes as frames. The receiver drains a
/// framed stream to its end before it answers, so a stream that cannot be ended must end the connection: disposing
/// without <see cref="Complete"/> aborts it.
/// </summary>
internal sealed class FramedWriter : IDisposable
{
    private readonly State _state;

    /// <summary>Begins the stream.</summary>
    /// <param name="writer">Where the frames go.</param>
    /// <param name="abort">Breaks the connection.</param>
    public FramedWriter(WireWriter writer, Action abort)
    {
        _state = new State(writer, abort);
        writer.BeginFrames();
    }

    /// <summary>Ends the stream. The caller flushes.</summary>
    public void Complete()
    {
        _state.Writer.EndFrames();
        _state.Completed = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_state.Completed)
        {
            _state.Abort();
        }
    }

    private sealed class State(WireWriter writer, Action abort)
    {
        public WireWriter Writer { get; } = writer;

        public Action Abort { get; } = abort;

        public bool Completed { get; set; }
    }
}
