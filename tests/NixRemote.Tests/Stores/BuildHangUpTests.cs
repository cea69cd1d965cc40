using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>When the connection of a cancelled build is broken.</summary>
public sealed class BuildHangUpTests
{
    [Fact]
    public void A_build_that_was_cancelled_before_it_began_has_no_connection_to_wait_for()
    {
        using var hangUp = new BuildHangUp(new CancellationToken(canceled: true));
        Assert.True(hangUp.Moment.IsCancellationRequested);
    }

    [Fact]
    public async Task A_remote_that_has_just_spoken_is_not_cut_off_before_it_waits()
    {
        using var cancel = new CancellationTokenSource();
        using var hangUp = new BuildHangUp(cancel.Token);
        hangUp.OnActivity();
        cancel.Cancel();
        Assert.False(hangUp.Moment.IsCancellationRequested);
        await EndAsync(hangUp);
    }

    [Fact]
    public async Task A_remote_that_goes_on_speaking_is_cut_off_all_the_same()
    {
        using var cancel = new CancellationTokenSource();
        using var hangUp = new BuildHangUp(cancel.Token);
        cancel.Cancel();
        var ended = EndAsync(hangUp);
        while (!ended.IsCompleted)
        {
            hangUp.OnActivity();
            await Task.Yield();
        }

        await ended;
    }

    [Fact]
    public void A_build_that_has_ended_hears_no_more_of_its_cancellation()
    {
        using var cancel = new CancellationTokenSource();
        var hangUp = new BuildHangUp(cancel.Token);
        hangUp.Dispose();
        cancel.Cancel();
        hangUp.OnActivity();
    }

    private static async Task EndAsync(BuildHangUp hangUp)
    {
        var ended = new TaskCompletionSource();
        using var registration = hangUp.Moment.Register(ended.SetResult);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
