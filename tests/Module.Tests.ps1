Describe 'NixRemote' {
    BeforeAll { . "$PSScriptRoot/common.ps1" }

    It 'has a valid manifest' {
        Test-ModuleManifest "$PSScriptRoot/../NixRemote.psd1" | Should -Not -BeNullOrEmpty
    }

    It 'exports the cmdlets of its manifest and nothing else' {
        $manifest = Import-PowerShellDataFile "$PSScriptRoot/../NixRemote.psd1"
        (Get-Command -Module NixRemote).Name | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
    }

    It 'imports a second time by force' {
        { Import-Module "$PSScriptRoot/../NixRemote.psd1" -Force } | Should -Not -Throw
        Get-Command Get-NixBuilder | Should -Not -BeNullOrEmpty
    }
}
