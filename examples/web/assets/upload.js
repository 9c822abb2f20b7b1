// Shows how far an upload is. Without this script the forms work like any others.
for (const form of document.querySelectorAll('form.upload')) {
  form.addEventListener('submit', event => {
    event.preventDefault();
    const bar = form.querySelector('progress');
    const told = form.querySelector('output');
    const request = new XMLHttpRequest();
    request.upload.onprogress = sent => {
      bar.value = sent.loaded / sent.total;
      told.textContent = `${Math.floor(100 * bar.value)} %`;
    };
    request.onload = () => {
      if (request.status < 400) return location.assign(request.responseURL);
      const page = new DOMParser().parseFromString(request.responseText, 'text/html');
      told.textContent = page.querySelector('p')?.textContent ?? 'That did not work.';
    };
    request.onerror = () => { told.textContent = 'The connection broke off.'; };
    bar.hidden = false;
    request.open('POST', form.action);
    request.send(new FormData(form));
  });
}
