@{
    RootModule           = 'bin/NixRemote.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = 'f1194066-3372-4c1b-a1e5-31169a30b9db'
    Author               = 'NixRemote contributors'
    CompanyName          = 'NixRemote contributors'
    Copyright            = '(c) NixRemote contributors. MIT licence.'
    Description          = 'Nix distributed builds from PowerShell, in process: reads the builders that Nix reads, says which of them would take a build and why, builds derivation graphs on stock Nix machines over SSH and brings the results home. Works with and without a local Nix, on Linux, macOS and Windows.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('bin/NixRemote.format.ps1xml', 'bin/NixRemote.Builds.format.ps1xml', 'bin/NixRemote.Stores.format.ps1xml')
    TypesToProcess       = @()
    CmdletsToExport      = @(
        'Add-NixSignature'
        'Convert-NixMachinesFile'
        'Copy-NixClosure'
        'Get-NixBuilder'
        'Get-NixDerivation'
        'Get-NixPathInfo'
        'Invoke-NixRemoteBuild'
        'New-NixSigningKey'
        'Register-NixBuilder'
        'Select-NixBuilder'
        'Test-NixBuilder'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags         = @('Nix', 'NixOS', 'SSH', 'Build', 'DistributedBuild', 'PSEdition_Core', 'Linux', 'MacOS', 'Windows')
            ReleaseNotes = 'First version.'
        }
    }
}
