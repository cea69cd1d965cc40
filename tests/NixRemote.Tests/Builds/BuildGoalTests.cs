using NixRemote.Builds;

namespace NixRemote.Tests.Builds;

public sealed class BuildGoalTests
{
    private const string Drv = "/nix/store/7j2mldkxgcvzb1mdj0kh7mhfvvvj9jg4-multi.drv";

    [Theory]
    [InlineData("", null)]
    [InlineData("^*", null)]
    [InlineData("!*", null)]
    [InlineData("^out", "out")]
    [InlineData("!out,dev", "dev,out")]
    [InlineData("^dev,out,dev", "dev,out")]
    public void Outputs_follow_the_path(string suffix, string? outputs)
    {
        var goal = BuildGoal.Parse(Drv + suffix);

        Assert.Equal(Drv, goal.DerivationPath.ToString());
        Assert.Equal(outputs, goal.OutputNames is null ? null : string.Join(',', goal.OutputNames));
    }

    [Theory]
    [InlineData("/nix/store/7j2mldkxgcvzb1mdj0kh7mhfvvvj9jg4-multi")]
    [InlineData("multi.drv")]
    [InlineData("/nix/store/7j2mldkxgcvzb1mdj0kh7mhfvvvj9jg4-multi.drv^")]
    [InlineData("/nix/store/7j2mldkxgcvzb1mdj0kh7mhfvvvj9jg4-multi.drv^out,,dev")]
    public void What_is_no_derivation_is_refused(string text) =>
        Assert.Equal(NixErrors.StorePathInvalid, Assert.Throws<NixRemoteException>(() => BuildGoal.Parse(text)).Definition);
}
