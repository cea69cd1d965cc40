using NixRemote.Scheduling;
using static NixRemote.Tests.Scheduling.SchedulingFixture;

namespace NixRemote.Tests.Scheduling;

/// <summary>Rests of 5 s, 15 s, 45 s … up to 10 min; asked before work returns; only success ends the row.</summary>
public sealed class CircuitBreakerTests
{
    [Fact]
    public void Each_failure_rests_longer_up_to_ten_minutes()
    {
        var circuit = new CircuitBreaker(new RestTimes());
        var now = TimeSpan.Zero;
        foreach (var rest in new[] { 5, 15, 45, 135, 405, 600, 600 })
        {
            Assert.True(circuit.Fail(Error(), now));
            Assert.Equal((CircuitState.Open, now, now + At(rest)), (circuit.State, circuit.Since, circuit.Until));
            Assert.False(circuit.TryProbe(circuit.Until - TimeSpan.FromTicks(1)));
            now = circuit.Until;
            Assert.True(circuit.TryProbe(now));
            Assert.Equal(CircuitState.HalfOpen, circuit.State);
        }
    }

    [Fact]
    public void Many_reports_of_one_failure_are_one()
    {
        var circuit = new CircuitBreaker(new RestTimes());
        Assert.True(circuit.Fail(Error("first"), At(1)));
        Assert.False(circuit.Fail(Error("second"), At(2)));
        Assert.Equal((1, At(6), "first"), (circuit.Failures, circuit.Until, circuit.LastError!.Message));
    }

    [Fact]
    public void Being_reached_does_not_forget_failures_but_success_does()
    {
        var circuit = new CircuitBreaker(new RestTimes());
        circuit.Fail(Error(), At(0));
        circuit.TryProbe(At(5));
        circuit.Reach();
        circuit.Fail(Error(), At(10));
        Assert.Equal(At(25), circuit.Until);

        circuit.TryProbe(At(25));
        circuit.Reach();
        circuit.Succeed();
        circuit.Fail(Error(), At(100));
        Assert.Equal((1, At(105)), (circuit.Failures, circuit.Until));
    }
}
