namespace NixRemote.Scheduling;

/// <summary>The failures of one builder: after each it rests, longer each time, and is then asked before it gets work again.</summary>
/// <remarks>Being asked successfully does not end the row of failures; only work that succeeds does. So a builder that
/// answers and fails all that it is given rests longer and longer too.</remarks>
public sealed class CircuitBreaker(RestTimes rest)
{
    /// <summary>Whether it gets work.</summary>
    public CircuitState State { get; private set; }

    /// <summary>Whether it gets work.</summary>
    public bool IsClosed => State == CircuitState.Closed;

    /// <summary>Failures in a row.</summary>
    public int Failures { get; private set; }

    /// <summary>When it failed last.</summary>
    public TimeSpan Since { get; private set; }

    /// <summary>When its rest ends.</summary>
    public TimeSpan Until { get; private set; }

    /// <summary>Its last failure; null if there was none.</summary>
    public NixRemoteException? LastError { get; private set; }

    /// <summary>It failed. While it rests already nothing changes: many builds report one failure.</summary>
    /// <returns>Whether a rest begins.</returns>
    public bool Fail(NixRemoteException error, TimeSpan now)
    {
        if (State == CircuitState.Open)
        {
            return false;
        }

        (State, LastError, Since) = (CircuitState.Open, error, now);
        Until = now + rest.After(++Failures);
        return true;
    }

    /// <summary>Whether its rest is over; it is to be asked then, and gets no work until it has answered.</summary>
    public bool TryProbe(TimeSpan now)
    {
        if (State != CircuitState.Open || now < Until)
        {
            return false;
        }

        State = CircuitState.HalfOpen;
        return true;
    }

    /// <summary>It can be reached: it gets work again.</summary>
    public void Reach() => State = CircuitState.Closed;

    /// <summary>Work succeeded: its failures are forgotten.</summary>
    public void Succeed() => (State, Failures) = (CircuitState.Closed, 0);
}
