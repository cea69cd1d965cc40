namespace NixRemote.Host;

/// <summary>Runs a PowerShell script, or a command text, on a machine that has no pwsh.</summary>
internal static class Program
{
    private const string _usage =
        """
        Usage: NixRemote.Host SCRIPT.ps1 [ARGUMENT…]
               NixRemote.Host -Command TEXT

        Runs PowerShell with the engine alone; Import-Module NixRemote finds the module.
        The exit code is the script's own (exit N), 1 after a terminating error, 130 after Ctrl-C.
        """;

    private static int Main(string[] arguments)
    {
        var commandLine = CommandLine.Parse(arguments);
        if (commandLine is null)
        {
            Console.Error.WriteLine(_usage);
            return ExitCodes.Usage;
        }

        if (commandLine.Script is not null && !File.Exists(commandLine.Script))
        {
            Console.Error.WriteLine($"There is no script {commandLine.Script}.");
            return ExitCodes.Usage;
        }

        // The engine reads both when it is first touched.
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
        ModuleFolders.AddToModulePath(AppContext.BaseDirectory);

        using var session = new ScriptSession();
        return session.Run(commandLine);
    }
}
