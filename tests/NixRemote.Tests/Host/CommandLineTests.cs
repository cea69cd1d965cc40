using NixRemote.Host;

namespace NixRemote.Tests.Host;

/// <summary>What the host runs, from its arguments.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData]
    [InlineData("-Help")]
    [InlineData("-Command")]
    [InlineData("-File", "a.ps1")]
    public void Arguments_that_say_nothing_to_run(params string[] arguments) =>
        Assert.Null(CommandLine.Parse(arguments));

    [Theory]
    [InlineData("1; 2", "-Command", "1; 2")]
    [InlineData("Get-Module -Name x", "-command", "Get-Module", "-Name", "x")]
    public void A_command_text_is_all_that_follows(string text, params string[] arguments) =>
        Assert.Equal(text, CommandLine.Parse(arguments)!.Text);

    [Theory]
    [InlineData("")]
    [InlineData(" $args[1][0]", "value")]
    [InlineData(" -Case $args[1][1]", "-Case", "wide")]
    [InlineData(" -Quick", "-Quick")]
    [InlineData(" -Quick:$false", "-Quick:$false")]
    [InlineData(" -Case:($args[1][0] -replace '^[^:]*:')", "-Case:a:b")]
    [InlineData(" $args[1][0]", "-1")]
    [InlineData(" $args[1][0]", "--no-build")]
    [InlineData(" $args[1][0]", "-a;b")]
    [InlineData(" $args[1][0] -x", "test", "-x")]
    public void A_scripts_arguments_are_bound_as_if_typed(string bound, params string[] arguments) =>
        Assert.Equal(". $args[0]" + bound, CommandLine.Parse(["a.ps1", .. arguments])!.CallText());
}
